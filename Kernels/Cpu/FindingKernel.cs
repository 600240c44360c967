using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Keeps the first thing that a check finds, in memory, until somebody reads it.</summary>
public static class FindingKernel<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Numbers kept: pass (-1: nothing found yet), what was found (two numbers), the value there.</summary>
    public const int Length = 4;

    // Slices found (two numbers), x (or none), kept; size columns of x; reals limit, pass. A found[0] above the limit, or NaN, is a finding;
    // with x, the two numbers are a row and a column of it.
    private static readonly KernelId KeepId = CpuKernels<T>.Define("keep-finding", static (in CpuArgs<T> a) =>
    {
        Span<T> found = a[0], kept = a[2];
        if (kept[0] >= T.Zero || found[0] <= a.Real(0)) return;
        kept[0] = a.Real(1);
        kept[1] = found[0];
        kept[2] = found[1];
        kept[3] = a.Has(1) ? a[1][(int.CreateTruncating(found[0]) * a.Size(0)) + int.CreateTruncating(found[1])] : T.Zero;
    });

    /// <summary>kept := (pass, found, x at row found[0] and column found[1]) where found[0] is not at most <paramref name="limit"/> and nothing was kept before.</summary>
    public static void Keep(IBackend<T> backend, Slice found, Slice x, int cols, Slice kept, double limit, int pass)
        => backend.Run(KeepId, new KernelArgs([found, x, kept], [cols], [limit, pass]));
}
