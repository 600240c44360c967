using BenchmarkDotNet.Attributes;
using NativeFlow.Kernels;

namespace NativeFlow.Bench;

/// <summary>Elementwise functions over 4,096 floats, beside the naive loop of one of them.</summary>
[MemoryDiagnoser]
public class ElementwiseBench
{
    private const int Length = 4096;

    private readonly float[] _x = new float[Length];
    private readonly float[] _y = new float[Length];
    private readonly float[] _logDet = new float[Length];

    [GlobalSetup]
    public void Setup() => RandomFill.Gaussian<float>(1, 0, 0, _x);

    [Benchmark(Baseline = true)]
    public void ExpReference() => ReferenceElementwise.Map<float, Exp<float>>(_x, _y, default);

    [Benchmark]
    public void Exp() => Elementwise.Map<float, Exp<float>>(_x, _y, default);

    [Benchmark]
    public void Tanh() => Elementwise.Map<float, Tanh<float>>(_x, _y, default);

    [Benchmark]
    public void Sigmoid() => Elementwise.Map<float, Sigmoid<float>>(_x, _y, default);

    [Benchmark]
    public void Softplus() => Elementwise.Map<float, Softplus<float>>(_x, _y, default);

    [Benchmark]
    public void SmoothLeakyRelu() => Elementwise.Map<float, SmoothLeakyRelu<float>>(_x, _y, new SmoothLeakyRelu<float>(0.3f));

    [Benchmark]
    public void SmoothLeakyReluWithLogDet() => Elementwise.MapWithLogDerivative<float, SmoothLeakyRelu<float>>(_x, _y, _logDet, new SmoothLeakyRelu<float>(0.3f));
}
