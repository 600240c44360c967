using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How factorisations and solves run.</summary>
/// <remarks>
/// Panels of 32 columns are factored by one group each; where the matrix is large, four of them make a block, so that the products that do
/// most of the work have 128 terms. A solve with a zero pivot goes on and tells of it through <see cref="PivotChecks{T, TView}"/>.
/// </remarks>
internal static class FactorLaunch<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Whether <paramref name="kind"/> runs on the device.</summary>
    public static bool Has(FactorKind kind) => kind is FactorKind.Lu or FactorKind.LogAbsDet or FactorKind.Solve or FactorKind.SolveTransposed
        or FactorKind.SolveRows or FactorKind.Inverse or FactorKind.SolveLower or FactorKind.SolveUpper or FactorKind.SolveUnitLower;

    /// <summary>Starts the kernels; false where the host has to do it.</summary>
    /// <exception cref="ArgumentException">A slice is too short.</exception>
    public static bool TryRun(GpuContext<T, TView, TLane> gpu, in FactorArgs args)
    {
        if (!Has(args.Kind)) return false;
        if (args.N < 1) throw new ArgumentException($"Factor {args.Kind}: a matrix of order {args.N}.");
        if (gpu.Limits.Items >= 64) FactorSteps<T, TView, TLane, FactorLengths.ThirtyTwo, FactorLengths.SixtyFour>.Run(gpu, args);
        else FactorSteps<T, TView, TLane, FactorLengths.Eight, FactorLengths.ThirtyTwo>.Run(gpu, args);
        return true;
    }
}
