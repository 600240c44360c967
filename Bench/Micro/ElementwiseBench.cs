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
    public void ExpReference() => ReferenceElementwise.Map<float, ExpFunction<float>>(_x, _y, default);

    [Benchmark]
    public void Exp() => Elementwise.Map<float, ExpFunction<float>>(_x, _y, default);

    [Benchmark]
    public void Tanh() => Elementwise.Map<float, TanhFunction<float>>(_x, _y, default);

    [Benchmark]
    public void Sigmoid() => Elementwise.Map<float, SigmoidFunction<float>>(_x, _y, default);

    [Benchmark]
    public void Softplus() => Elementwise.Map<float, SoftplusFunction<float>>(_x, _y, default);

    [Benchmark]
    public void SmoothLeakyRelu() => Elementwise.Map<float, SmoothLeakyReluFunction<float>>(_x, _y, new SmoothLeakyReluFunction<float>(0.3f));

    [Benchmark]
    public void SmoothLeakyReluWithLogDet() => Elementwise.MapWithLogDerivative<float, SmoothLeakyReluFunction<float>>(_x, _y, _logDet, new SmoothLeakyReluFunction<float>(0.3f));
}
