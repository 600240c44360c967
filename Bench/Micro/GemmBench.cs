using BenchmarkDotNet.Attributes;
using NativeFlow.Kernels;

namespace NativeFlow.Bench;

/// <summary>The three products of a linear layer's step: Z = X Wᵀ, dX = dZ W, dW = dZᵀ X, for a batch of 100. 2 B D² flops each.</summary>
[MemoryDiagnoser]
public class GemmBench
{
    private const int Batch = 100;

    private SimdBackend<float> _backend = null!;
    private Slice _x, _w, _z, _dw;

    [Params(64, 196, 784)]
    public int D { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _backend = new SimdBackend<float>(Threads);
        _x = Random(Batch * D, 1);
        _w = Random(D * D, 2);
        _z = Random(Batch * D, 3);
        _dw = _backend.Allocate(D * D);
    }

    [GlobalCleanup]
    public void Cleanup() => _backend.Dispose();

    [Benchmark]
    public void Forward() => _backend.Gemm(new GemmArgs(Batch, D, D, _x, _w, _z) { TransposeB = true });

    [Benchmark]
    public void InputGradient() => _backend.Gemm(new GemmArgs(Batch, D, D, _z, _w, _x));

    [Benchmark]
    public void WeightGradient() => _backend.Gemm(new GemmArgs(D, D, Batch, _z, _x, _dw) { TransposeA = true });

    private Slice Random(int length, ulong key)
    {
        Slice slice = _backend.Allocate(length);
        _backend.Random(new RandomArgs(RandomKind.Gaussian, slice, key, 0));
        return slice;
    }
}
