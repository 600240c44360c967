using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The kernels of the basic families on a device against the reference, in both orders of items and groups.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuKernelTests
{
    // Measured against the reference by the backends' own conformance, and by the cases.
    private static readonly string[] OnTheDevice =
    [
        "actnorm-expand", "actnorm-fold", "actnorm-input-gradient", "actnorm-jvp", "actnorm-map", "actnorm-sums", "add", "add-block", "add-channel-bias", "add-constant",
        "add-diagonal", "add-mirrored-tap-counts", "add-multiply", "add-product", "add-scaled", "add-spread", "add-triangle", "bins", "cholesky-lower-half", "cholesky-symmetrize", "circulant", "circulant-backward", "circular-log-abs-det-jvp", "column-sum", "copy",
        "copy-block", "divide", "dot", "fill", "first-infinite", "free-form-choose", "gather-columns", "gather-rows", "max-abs", "mirror-kernel", "multiply", "norm2",
        "outside-interval", "pick-columns", "pick-columns-backward", "rational-quadratic-spline", "rational-quadratic-spline-backward", "rational-quadratic-spline-inverse",
        "rational-quadratic-spline-inverse-backward", "rebuild-error", "reconstruction-residual", "reduce-product", "row-log-sum-exp",
        "row-log-sum-exp-backward", "row-log-sum-exp-jvp", "row-norm", "row-norm-backward", "row-norm-jvp", "row-softmax", "row-softmax-jacobian", "row-sum", "running-sum", "running-sum-backward", "scale",
        "scatter-columns", "scatter-rows", "standard-normal-log-prob", "standard-normal-log-prob-backward", "standard-normal-log-prob-jvp", "straight-through-round", "sum",
        "sum-squares", "transpose", "triangle", "unpack-triangle", "unpack-triangle-backward",
    ];

    private static readonly string[] InBackendConformance = ["add-diagonal", "add-product", "add-scaled", "copy", "fill", "row-sum", "scale", "sum-squares"];

    [Theory]
    [InlineData(32, false)]
    [InlineData(32, true)]
    [InlineData(64, false)]
    public void AgreesWithTheReference(int items, bool backwards)
    {
        using GpuBackend<float, EmulatedView<float>, SingleLane> single = GpuEmulation.Single(items, backwards);
        Check(single);
        Assert.Equal(0, single.HostCalls);
        if (items > 32) return;
        using GpuBackend<double, EmulatedView<double>, DoubleLane> wide = GpuEmulation.Double(items, backwards);
        Check(wide);
        Assert.Equal(0, wide.HostCalls);
    }

    [Fact]
    public void EveryKernelHasACaseAndIsOnTheDevice()
    {
        Define<float>();
        string[] lines = GpuEmulation.Single().Explain().Split('\n');
        foreach (string name in OnTheDevice) Assert.Contains($"  {name}: device", lines);
        Assert.Empty(OnTheDevice.Except(GpuKernelCases.All().Select(c => c.Kernel)).Except(InBackendConformance));
        Assert.Empty(GpuKernelCases.All().Select(c => c.Kernel).Except(OnTheDevice));
    }

    // How a sum is cut depends on its length alone.
    [Fact]
    public void BitsDoNotDependOnTheSizeOfGroups()
    {
        Define<float>();
        using GpuBackend<float, EmulatedView<float>, SingleLane> few = GpuEmulation.Single(32), many = GpuEmulation.Single(64, backwards: true);
        foreach (GpuKernelCase c in GpuKernelCases.All().Where(c => c.Kernel is "sum" or "dot" or "column-sum" or "norm2" or "standard-normal-log-prob" && c.Slices[0]!.Length is > 4000 and < 100_000))
        {
            float[]?[] one = c.Run(few), other = c.Run(many);
            for (int i = 0; i < one.Length; i++) Assert.Equal(one[i], other[i]);
        }
    }

    [Theory]
    [InlineData(3e30f)]
    [InlineData(1e-30f)]
    public void NormNeitherOverflowsNorVanishes(float size)
    {
        using GpuBackend<float, EmulatedView<float>, SingleLane> gpu = GpuEmulation.Single();
        using var cpu = new SimdBackend<float>();
        double[] x = [.. Enumerable.Range(0, 5000).Select(i => size * (1 + (i % 7)))];
        var c = new GpuKernelCase("norm2", [x, [0]], [], []);
        float norm = c.Run(gpu)[1]![0];
        Assert.True(float.IsNormal(norm));
        Assert.Equal(c.Run(cpu)[1]![0], norm);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void NormKeepsWhatIsNoNumber(double value)
    {
        using GpuBackend<double, EmulatedView<double>, DoubleLane> gpu = GpuEmulation.Double();
        double[] x = new double[5000];
        x[4321] = value;
        Assert.Equal(value, new GpuKernelCase("norm2", [x, [0]], [], []).Run(gpu)[1]![0]);
    }

    // A kernel cannot refuse; what hangs on an index that is none is no number then.
    [Fact]
    public void WrongIndexGivesNaN()
    {
        using GpuBackend<float, EmulatedView<float>, SingleLane> gpu = GpuEmulation.Single();
        foreach (double wrong in (ReadOnlySpan<double>)[-1, 4, 0.5, 1e12, double.NaN])
        {
            float[] gathered = new GpuKernelCase("gather-columns", [[1, 2, 3, 4], [3, wrong], [0, 0]], [1, 4, 2, 0], []).Run(gpu)[2]!;
            Assert.Equal([4, float.NaN], gathered);
            float[] scattered = new GpuKernelCase("scatter-columns", [[1, 2, 3], [3, wrong, 3], [0, 0, 0, 5]], [1, 3, 4], []).Run(gpu)[2]!;
            Assert.Contains(float.NaN, scattered);
        }
    }

    /// <summary>Every case on a backend against the reference.</summary>
    internal static void Check<T>(IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Define<T>();
        using var reference = new ReferenceBackend<T>();
        string[] differences = [.. GpuKernelCases.All().Select(c => c.Difference(reference, backend)).OfType<string>()];
        Assert.True(differences.Length == 0, string.Join('\n', differences));
    }

    // Kernels are known once their classes are.
    private static void Define<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (Op<T> op in OpRegistry.All<T>()) RuntimeHelpers.RunClassConstructor(op.GetType().TypeHandle);
        foreach (Type type in (ReadOnlySpan<Type>)[typeof(BasicKernels<T>), typeof(PlaneNorm<T>), typeof(SpreadKernels<T>), typeof(BlockKernels<T>), typeof(IndexKernels<T>), typeof(RebuildCheck<T>), typeof(FreeFormProbes<T>)])
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        foreach (Type host in (ReadOnlySpan<Type>)[typeof(OverflowGuard), typeof(IntervalCheck)])
            foreach (Type inner in host.GetNestedTypes(System.Reflection.BindingFlags.NonPublic).Where(t => t.IsGenericTypeDefinition))
                RuntimeHelpers.RunClassConstructor(inner.MakeGenericType(typeof(T)).TypeHandle);
    }
}
