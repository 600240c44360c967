using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The buffer R near W^-1 that several strategies keep, and how it is made.</summary>
internal static class CachedInverse
{
    public static JacobianSite Attach<T>(ParameterStore<T> store, in JacobianSite site) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = site.Dimension;
        // Factors and pivots have a buffer of their own, so that a refresh takes no memory. R starts at zero: age 0 makes it before its first use.
        return site with
        {
            Factors = store.AddBuffer($"{site.Scope}.lu", d, d + 1),
            InverseWeight = store.AddBuffer($"{site.Scope}.cached_inverse", d, d),
            AgeCounter = store.AddCounter($"{site.Scope}.inverse_age"),
        };
    }

    /// <summary>R := W^-1 by LU.</summary>
    /// <exception cref="SingularMatrixException">W is singular.</exception>
    public static void Refresh<T>(ParameterStore<T> store, in JacobianSite site) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = site.Dimension;
        Slice work = store.ValueOf(site.Factors), lu = work.Part(0, d * d), pivots = work.Part(d * d, d);
        IBackend<T> backend = store.Backend;
        BasicKernels<T>.Copy(backend, store.ValueOf(site.Weight), lu);
        backend.Factor(new FactorArgs(FactorKind.Lu, d, lu, pivots, Slice.None, Slice.None));
        backend.Factor(new FactorArgs(FactorKind.Inverse, d, lu, pivots, Slice.None, store.ValueOf(site.InverseWeight)));
    }

    /// <summary>residual := I - W R.</summary>
    public static void Residual<T>(IBackend<T> backend, Slice w, Slice r, Slice residual, int d) where T : unmanaged, IFloatingPointIeee754<T>
    {
        backend.Gemm(new GemmArgs(d, d, d, w, r, residual) { Alpha = -1 });
        BasicKernels<T>.AddDiagonal(backend, residual, d, 1);
    }
}
