using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>One pass of a rule over planes of equal length: value, gradient, slots. Memory-bound: each element is read once and written once.</summary>
public static unsafe class PlaneSweep<T, TRule>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TRule : struct, IPlaneRule<TRule, T>
{
    /// <summary>Reads a rule's constants from a kernel's arguments.</summary>
    public delegate TRule RuleOf(in KernelArgs args);

    /// <summary>Defines kernel <paramref name="name"/>: by <paramref name="reference"/> as its meaning, by the rule on every other backend.</summary>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public static KernelId Define(string name, CpuKernel<T> reference, RuleOf rule)
        => PortableKernels<T>.Define(CpuKernels<T>.Define(name, reference, (in CpuArgs<T> a) => Run(a, rule(a.Args))), (launcher, in a) => launcher.Sweep(a, rule(a)));

    /// <summary>Planes longer than this are shared out among the threads: some ten microseconds of work, several times what a hand-over costs.</summary>
    internal const int LongestUnsplit = 1 << 15;

    // Elements per piece, cut where cache lines end: sixteen pieces, so that a late thread still finds some, but none longer than some MiB over all planes.
    internal static int PieceOf(int length) => Math.Clamp(length / 16, 1 << 12, 1 << 18) / 64 * 64;

    // Bytes that planes are fetched ahead. So many planes with so long a computation between keep the processor from running ahead far enough by itself.
    private const int Ahead = 512;

    [ThreadStatic]
    private static Pieces? t_pieces;

    /// <summary>Runs <paramref name="rule"/>; the slices are value, gradient and as many slots as the rule uses. Allocates nothing after a thread's first long sweep.</summary>
    /// <exception cref="ArgumentException">The planes differ in length.</exception>
    public static void Run(in CpuArgs<T> args, TRule rule)
    {
        Span<T> value = args[0], gradient = args[1];
        Span<T> slot0 = TRule.Slots > 0 ? args[2] : default;
        Span<T> slot1 = TRule.Slots > 1 ? args[3] : default;
        Span<T> slot2 = TRule.Slots > 2 ? args[4] : default;
        int length = value.Length;
        Check(1, gradient.Length, length);
        if (TRule.Slots > 0) Check(2, slot0.Length, length);
        if (TRule.Slots > 1) Check(3, slot1.Length, length);
        if (TRule.Slots > 2) Check(4, slot2.Length, length);
        fixed (T* v = value, g = gradient, s0 = slot0, s1 = slot1, s2 = slot2)
        {
            var planes = new Planes(v, g, s0, s1, s2);
            if (length <= LongestUnsplit)
            {
                Sweep(planes, 0, length, rule);
                return;
            }
            Pieces pieces = t_pieces ??= new Pieces();
            pieces.Planes = planes;
            pieces.Length = length;
            pieces.Rule = rule;
            pieces.Piece = PieceOf(length);
            args.Workers.Run(pieces, (length + pieces.Piece - 1) / pieces.Piece);
        }
    }

    private static void Sweep(in Planes planes, int from, int to, in TRule rule)
    {
        int i = Vector512.IsHardwareAccelerated
            ? Over<Vector512Lane<T>>(planes, from, to, rule)
            : Over<VectorLane<T>>(planes, from, to, rule);
        Over<ScalarLane<T>>(planes, i, to, rule);
    }

    /// <summary>Whole lanes from <paramref name="from"/> on; returns where they end.</summary>
    private static int Over<TLane>(in Planes planes, int from, int to, in TRule rule)
        where TLane : struct, ILane<TLane, T>
    {
        T* v = planes.Value, g = planes.Gradient, s0 = planes.Slot0, s1 = planes.Slot1, s2 = planes.Slot2;
        // A copy of its own: the stores below could otherwise change the constants, as far as the JIT knows.
        TRule constants = rule;
        int i = from;
        for (; i <= to - TLane.Width; i += TLane.Width)
        {
            if (Sse.IsSupported && TLane.Width > 1)
            {
                Fetch(v + i);
                Fetch(g + i);
                if (TRule.Slots > 0) Fetch(s0 + i);
                if (TRule.Slots > 1) Fetch(s1 + i);
                if (TRule.Slots > 2) Fetch(s2 + i);
            }
            TLane value = TLane.Load(v + i);
            TLane slot0 = TRule.Slots > 0 ? TLane.Load(s0 + i) : default;
            TLane slot1 = TRule.Slots > 1 ? TLane.Load(s1 + i) : default;
            TLane slot2 = TRule.Slots > 2 ? TLane.Load(s2 + i) : default;
            TRule.Apply(constants, TLane.Load(g + i), ref value, ref slot0, ref slot1, ref slot2);
            TLane.Store(value, v + i);
            if (TRule.Slots > 0) TLane.Store(slot0, s0 + i);
            if (TRule.Slots > 1) TLane.Store(slot1, s1 + i);
            if (TRule.Slots > 2) TLane.Store(slot2, s2 + i);
        }
        return i;
    }

    // Beyond the end of a plane too: a prefetch never faults.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(T* at) => Sse.Prefetch0((byte*)at + Ahead);

    private static void Check(int plane, int length, int expected)
    {
        if (length != expected) ThrowLength(plane, length, expected);
    }

    private static void ThrowLength(int plane, int length, int expected)
        => throw new ArgumentException($"PlaneSweep: plane {plane} has {length} elements, the values have {expected}.");

    private readonly struct Planes(T* value, T* gradient, T* slot0, T* slot1, T* slot2)
    {
        public readonly T* Value = value, Gradient = gradient, Slot0 = slot0, Slot1 = slot1, Slot2 = slot2;
    }

    private sealed class Pieces : WorkItem
    {
        public Planes Planes;
        public int Length, Piece;
        public TRule Rule;

        public override void Execute(int index) => Sweep(Planes, index * Piece, (int)Math.Min(Length, (index + 1L) * Piece), Rule);
    }
}
