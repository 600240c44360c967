using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = x, held in [low, high]; the derivative is 1 in the closed interval and 0 outside.</summary>
public sealed class ClampOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ClampOp<T> Instance = new();

    // Slices x, y; reals low, high. NaN passes.
    private static readonly KernelId Kernel = PortableKernels<T>.Define(CpuKernels<T>.Define("clamp",
        static (in CpuArgs<T> a) =>
        {
            T low = a.Real(0), high = a.Real(1);
            Span<T> x = a[0], y = a[1];
            for (int i = 0; i < y.Length; i++) y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
        }),
        static (launcher, in a) => launcher.Each(a, new ClampBody(a.Real<T>(0), a.Real<T>(1))));

    // Slices x, v, w; reals low, high: w += v where x lies inside.
    private static readonly KernelId AddInsideKernel = PortableKernels<T>.Define(CpuKernels<T>.Define("clamp-backward",
        static (in CpuArgs<T> a) =>
        {
            T low = a.Real(0), high = a.Real(1);
            Span<T> x = a[0], v = a[1], w = a[2];
            for (int i = 0; i < w.Length; i++)
                if (!(x[i] < low || x[i] > high)) w[i] += v[i];
        }),
        static (launcher, in a) => launcher.Each(a, new AddInsideBody(a.Real<T>(0), a.Real<T>(1)), adds: true));

    // Slices x, y; reals low, high.
    private static readonly KernelId InsideKernel = PortableKernels<T>.Define(CpuKernels<T>.Define("inside",
        static (in CpuArgs<T> a) =>
        {
            T low = a.Real(0), high = a.Real(1);
            Span<T> x = a[0], y = a[1];
            for (int i = 0; i < y.Length; i++) y[i] = x[i] < low || x[i] > high ? T.Zero : T.One;
        }),
        static (launcher, in a) => launcher.Each(a, new InsideBody(a.Real<T>(0), a.Real<T>(1))));

    /// <inheritdoc/>
    public override string Name => "clamp";

    /// <inheritdoc/>
    public override string Formula => "y = min(max(x, low), high);  dx = dy where low <= x <= high";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y. Cost: one pass. NaN stays NaN.</summary>
    /// <exception cref="ArgumentException">low is not below high.</exception>
    public static Var Record(Tape<T> tape, Var x, double low, double high)
    {
        if (!(low < high)) throw new ArgumentException($"Clamp: low is {low}, high is {high}; low must be less.");
        return tape.Record(Instance, [x], x.Rows, x.Cols, p0: low, p1: high).Out0;
    }

    /// <summary>1 where low &lt;= x &lt;= high (or x is NaN), 0 elsewhere: a constant, no node.</summary>
    public static Var Inside(Tape<T> tape, Var x, double low, double high)
    {
        Var mask = tape.Allocate(x.Rows, x.Cols, false);
        tape.Backend.Run(InsideKernel, new KernelArgs([tape.ValueOf(x), tape.ValueOf(mask)], default, [low, high]));
        return mask.Detach();
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], default, [c.Node.P0, c.Node.P1]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(AddInsideKernel, [c.X(0), c.Dy(), c.Dx(0)], default, [c.Node.P0, c.Node.P1]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(AddInsideKernel, [c.X(0), c.Tx(0), c.Ty()], default, [c.Node.P0, c.Node.P1]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Times(tape, node, dy);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Times(tape, node, dx);

    private static Var Times(Tape<T> tape, int node, Var v)
    {
        Node<T> n = tape.Node(node);
        return tape.Multiply(v, Inside(tape, tape.Input(n, 0), n.P0, n.P1));
    }

    internal readonly struct ClampBody(T low, T high) : IElementBody<T>
    {
        public static int Inputs => 1;

        public static bool HasRow => false;

        public static int Settings => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
            => TLane.Select(TLane.LessThan(x.A, TLane.Broadcast(low)), TLane.Broadcast(low), TLane.Select(TLane.LessThan(TLane.Broadcast(high), x.A), TLane.Broadcast(high), x.A));
    }

    internal readonly struct AddInsideBody(T low, T high) : IElementBody<T>
    {
        public static int Inputs => 2;

        public static bool HasRow => false;

        public static int Settings => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
            => TLane.Select(TLane.LessThan(x.A, TLane.Broadcast(low)), x.Before, TLane.Select(TLane.LessThan(TLane.Broadcast(high), x.A), x.Before, x.Before + x.B));
    }

    internal readonly struct InsideBody(T low, T high) : IElementBody<T>
    {
        public static int Inputs => 1;

        public static bool HasRow => false;

        public static int Settings => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
            => TLane.Select(TLane.LessThan(x.A, TLane.Broadcast(low)), TLane.Constant(0), TLane.Select(TLane.LessThan(TLane.Broadcast(high), x.A), TLane.Constant(0), TLane.Constant(1)));
    }
}

/// <summary>Recording <see cref="ClampOp{T}"/>.</summary>
public static class ClampOpRecording
{
    /// <summary>x, held in [low, high].</summary>
    /// <exception cref="ArgumentException">low is not below high.</exception>
    public static Var Clamp<T>(this Tape<T> tape, Var x, double low, double high) where T : unmanaged, IFloatingPointIeee754<T> => ClampOp<T>.Record(tape, x, low, high);

    /// <summary>1 where low &lt;= x &lt;= high (or x is NaN), 0 elsewhere: a constant.</summary>
    public static Var Inside<T>(this Tape<T> tape, Var x, double low, double high) where T : unmanaged, IFloatingPointIeee754<T> => ClampOp<T>.Inside(tape, x, low, high);
}
