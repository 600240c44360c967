using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A value that overflows on the way through a sequential inverse would turn every later feature into NaN: it is named instead.</summary>
internal static class OverflowGuard
{
    /// <summary>Throws where a column [batch x 1] holds an infinity. NaN is none: it stays NaN.</summary>
    /// <exception cref="OutsideDomainException">It does; the message names row and feature.</exception>
    public static void Check<T>(Tape<T> tape, string kind, Var column, int feature) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TapeMark mark = tape.Mark();
        Var found = tape.Allocate(1, 1, false);
        tape.Backend.Run(Kernels<T>.FirstInfinite, new KernelArgs([tape.ValueOf(column), tape.ValueOf(found)]));
        int row = int.CreateTruncating(tape.Scalar(found));
        tape.Release(mark);
        if (row >= 0) throw new OutsideDomainException($"{kind}: row {row}, feature {feature} overflows when the map is solved for it; keep inputs nearer, or use a bounded activation or scale.");
    }

    private static class Kernels<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Slices values, row of the first infinity or -1.
        public static readonly KernelId FirstInfinite = CpuKernels<T>.Define("first-infinite",
            static (in CpuArgs<T> a) =>
            {
                Span<T> values = a[0], found = a[1];
                found[0] = T.NegativeOne;
                for (int i = 0; i < values.Length; i++)
                {
                    if (!T.IsInfinity(values[i])) continue;
                    found[0] = T.CreateTruncating(i);
                    return;
                }
            });
    }
}
