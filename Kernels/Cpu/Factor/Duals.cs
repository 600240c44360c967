using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Arithmetic of [n x n] matrices that may carry a tangent in the n^2 elements behind the value: products follow the product rule.</summary>
internal readonly unsafe ref struct Duals<T>(int n, bool tangent, int* pivots, Workers? workers)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int plane = n * n;

    /// <summary>z = x y; z is neither x nor y.</summary>
    public void Multiply(T* x, T* y, T* z)
    {
        Gemm.Run(false, false, n, n, n, T.One, x, n, y, n, false, z, n, workers);
        if (!tangent) return;
        Gemm.Run(false, false, n, n, n, T.One, x + plane, n, y, n, false, z + plane, n, workers);
        Gemm.Run(false, false, n, n, n, T.One, x, n, y + plane, n, true, z + plane, n, workers);
    }

    /// <summary>z = a x + b y + c w + d I; z may be any of them.</summary>
    public void Combine(T* z, double a, T* x, double b, T* y, double c, T* w, double d)
    {
        T ta = T.CreateChecked(a), tb = T.CreateChecked(b), tc = T.CreateChecked(c), td = T.CreateChecked(d);
        int count = tangent ? 2 * plane : plane;
        for (int i = 0; i < count; i++) z[i] = ta * x[i] + tb * y[i] + tc * w[i];
        for (int i = 0; i < n; i++) z[i * n + i] += td;
    }

    /// <summary>z += x.</summary>
    public void Add(T* z, T* x) => Rows.SubtractScaled(z, x, T.NegativeOne, tangent ? 2 * plane : plane);

    /// <summary>x becomes q^-1 x; q and spare are overwritten.</summary>
    public void Solve(T* q, T* x, T* spare)
    {
        new Span<T>(q, plane).CopyTo(new Span<T>(spare, plane));
        var order = new Span<int>(pivots, n);
        var factors = new Span<T>(spare, plane);
        Lu.Factor(factors, n, order, workers);
        Lu.Solve<T>(factors, n, order, new Span<T>(x, plane), n, workers);
        if (!tangent) return;
        // q x = p gives dq x + q dx = dp.
        Gemm.Run(false, false, n, n, n, T.NegativeOne, q + plane, n, x, n, true, x + plane, n, workers);
        Lu.Solve<T>(factors, n, order, new Span<T>(x + plane, plane), n, workers);
    }
}
