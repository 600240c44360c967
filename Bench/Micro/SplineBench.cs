using BenchmarkDotNet.Attributes;
using NativeFlow.Kernels;

namespace NativeFlow.Bench;

/// <summary>A rational-quadratic spline with parameters per sample, 256 x 64 elements, 8 bins: naive and over lanes. Bench/peers/spline_step.py times the same in PyTorch.</summary>
[MemoryDiagnoser]
public class SplineBench
{
    private const int Rows = 256, Columns = 64, Bins = 8, Elements = Rows * Columns;

    private readonly float[] _x = new float[Elements];
    private readonly float[] _z = new float[Elements];
    private readonly float[] _dx = new float[Elements];
    private readonly float[] _logDet = new float[Rows];
    private readonly float[] _raw = new float[Elements * ((3 * Bins) - 1)];
    private readonly float[] _dRaw = new float[Elements * ((3 * Bins) - 1)];
    private readonly float[] _settings = [3, 1e-3f, 1e-3f, 1e-3f, 1, 1];

    [GlobalSetup]
    public void Setup()
    {
        RandomFill.Gaussian<float>(1, 0, 0, _x);
        RandomFill.Gaussian<float>(1, 1, 0, _raw);
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => RationalQuadratic.Forward<float>(_x, _raw, _settings, _z, _logDet, Bins);

    [Benchmark]
    public void Forward() => RationalQuadraticSimd.Forward<float>(_x, _raw, _settings, _z, _logDet, Bins);

    [Benchmark]
    public void Inverse() => RationalQuadraticSimd.Inverse<float>(_x, _raw, _settings, _z, _logDet, Bins);

    [Benchmark]
    public void Backward() => RationalQuadraticSimd.Backward<float>(_x, _raw, _settings, _x, _logDet, _dx, _dRaw, Bins);
}
