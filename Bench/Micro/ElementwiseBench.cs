using System.Numerics;
using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using NativeFlow.Kernels;

namespace NativeFlow.Bench;

/// <summary>Elementwise functions over 16 KiB (three arrays fit the first cache), beside <see cref="TensorPrimitives"/>; and the flow passes: value, derivative and log-determinant of four rows in one.</summary>
[MemoryDiagnoser]
[GenericTypeArguments(typeof(float))]
[GenericTypeArguments(typeof(double))]
public class ElementwiseBench<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly int Length = typeof(T) == typeof(float) ? 4096 : 2048;

    // Pinned, so that where the arrays lie in a cache line stays as it is during a run.
    private readonly T[] _x = GC.AllocateUninitializedArray<T>(Length, pinned: true);
    private readonly T[] _positive = GC.AllocateUninitializedArray<T>(Length, pinned: true);
    private readonly T[] _unit = GC.AllocateUninitializedArray<T>(Length, pinned: true);
    private readonly T[] _y = GC.AllocateUninitializedArray<T>(Length, pinned: true);
    private readonly T[] _slope = GC.AllocateUninitializedArray<T>(Length, pinned: true);
    private readonly T[] _logDet = new T[4];
    private readonly T _alpha = T.CreateTruncating(0.3);

    [GlobalSetup]
    public void Setup()
    {
        RandomFill.Gaussian<T>(1, 0, 0, _x);
        Elementwise.Map<T, ExpFunction<T>>(_x, _positive, default);
        Elementwise.Map<T, SigmoidFunction<T>>(_x, _unit, default);
    }

    [Benchmark(Baseline = true)]
    public void ExpReference() => ReferenceElementwise.Map<T, ExpFunction<T>>(_x, _y, default);

    [Benchmark]
    public void Exp() => Elementwise.Map<T, ExpFunction<T>>(_x, _y, default);

    [Benchmark]
    public void ExpPeer() => TensorPrimitives.Exp<T>(_x, _y);

    [Benchmark]
    public void Log() => Elementwise.Map<T, LogFunction<T>>(_positive, _y, default);

    [Benchmark]
    public void LogPeer() => TensorPrimitives.Log<T>(_positive, _y);

    [Benchmark]
    public void Log1p() => Elementwise.Map<T, Log1pFunction<T>>(_positive, _y, default);

    [Benchmark]
    public void Log1pPeer() => TensorPrimitives.LogP1<T>(_positive, _y);

    [Benchmark]
    public void Expm1() => Elementwise.Map<T, Expm1Function<T>>(_x, _y, default);

    [Benchmark]
    public void Expm1Peer() => TensorPrimitives.ExpM1<T>(_x, _y);

    [Benchmark]
    public void Tanh() => Elementwise.Map<T, TanhFunction<T>>(_x, _y, default);

    [Benchmark]
    public void TanhPeer() => TensorPrimitives.Tanh<T>(_x, _y);

    [Benchmark]
    public void Sigmoid() => Elementwise.Map<T, SigmoidFunction<T>>(_x, _y, default);

    [Benchmark]
    public void SigmoidPeer() => TensorPrimitives.Sigmoid<T>(_x, _y);

    [Benchmark]
    public void Softplus() => Elementwise.Map<T, SoftplusFunction<T>>(_x, _y, default);

    [Benchmark]
    public void Sin() => Elementwise.Map<T, SinFunction<T>>(_x, _y, default);

    [Benchmark]
    public void SinPeer() => TensorPrimitives.Sin<T>(_x, _y);

    [Benchmark]
    public void Cos() => Elementwise.Map<T, CosFunction<T>>(_x, _y, default);

    [Benchmark]
    public void CosPeer() => TensorPrimitives.Cos<T>(_x, _y);

    [Benchmark]
    public void Erf() => Elementwise.Map<T, ErfFunction<T>>(_x, _y, default);

    [Benchmark]
    public void ErfInverse() => Elementwise.Map<T, ErfInverseFunction<T>>(_unit, _y, default);

    [Benchmark]
    public void Asinh() => Elementwise.Map<T, AsinhFunction<T>>(_x, _y, default);

    [Benchmark]
    public void Logit() => Elementwise.Map<T, LogitFunction<T>>(_unit, _y, default);

    [Benchmark]
    public void SmoothLeakyReluAsFlow() => Elementwise.MapWithDerivatives<T, SmoothLeakyReluFunction<T>>(_x, _y, _slope, _logDet, new(_alpha));

    [Benchmark]
    public void LeakyReluAsFlow() => Elementwise.MapWithDerivatives<T, LeakyReluFunction<T>>(_x, _y, _slope, _logDet, new(_alpha));

    [Benchmark]
    public void EluAsFlow() => Elementwise.MapWithDerivatives<T, EluFunction<T>>(_x, _y, _slope, _logDet, new(T.One));

    [Benchmark]
    public void SoftplusAsFlow() => Elementwise.MapWithDerivatives<T, SoftplusFunction<T>>(_x, _y, _slope, _logDet, default);

    [Benchmark]
    public void TanhAsFlow() => Elementwise.MapWithDerivatives<T, TanhFunction<T>>(_x, _y, _slope, _logDet, default);

    [Benchmark]
    public void SigmoidAsFlow() => Elementwise.MapWithDerivatives<T, SigmoidFunction<T>>(_x, _y, _slope, _logDet, default);
}
