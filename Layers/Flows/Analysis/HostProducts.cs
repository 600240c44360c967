using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Matrix products of host arrays in double at full speed, for monitors and reports.</summary>
internal sealed class HostProducts : IDisposable
{
    private readonly SimdBackend<double> _backend;

    /// <param name="threads">0 for one per processor; the bits do not depend on it.</param>
    public HostProducts(int threads = 0) => _backend = new SimdBackend<double>(threads);

    /// <summary>A B [m x n] of A [m x k], or A^T B of A stored [k x m].</summary>
    public double[] Product(int m, int n, int k, ReadOnlySpan<double> a, ReadOnlySpan<double> b, bool transposeA)
    {
        var result = new double[m * n];
        Add(m, n, k, a, b, transposeA, result);
        return result;
    }

    /// <summary>Adds such a product to <paramref name="sum"/>.</summary>
    public void Add(int m, int n, int k, ReadOnlySpan<double> a, ReadOnlySpan<double> b, bool transposeA, Span<double> sum)
    {
        Slice left = _backend.Allocate(m * k), right = _backend.Allocate(k * n), product = _backend.Allocate(m * n);
        try
        {
            _backend.Write(a, left);
            _backend.Write(b, right);
            _backend.Write(sum, product);
            _backend.Gemm(new GemmArgs(m, n, k, left, right, product) { TransposeA = transposeA, Accumulate = true });
            _backend.Read(product, sum);
        }
        finally
        {
            foreach (Slice s in (ReadOnlySpan<Slice>)[left, right, product]) _backend.Release(s);
        }
    }

    public void Dispose() => _backend.Dispose();
}
