using System.Numerics;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;
using static NativeFlow.Tests.ConvolutionCases;

namespace NativeFlow.Tests;

/// <summary>Convolutions on the emulator against the plain loops.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuConvolutionTests
{
    // Multiplications that the emulator is quick with.
    private const long Most = 40_000;

    [Fact]
    public void FloatIsAsTheLoops()
    {
        using var gpu = GpuEmulation.Single();
        AllCases(gpu, 0);
    }

    [Fact]
    public void DoubleIsAsTheLoops()
    {
        using var gpu = GpuEmulation.Double(backwards: true);
        AllCases(gpu, 1);
    }

    /// <summary>Every case that is not too long, in all its parts.</summary>
    internal static void AllCases<T, TView, TLane>(GpuBackend<T, TView, TLane> gpu, int turn)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TView : struct, IView<T>
        where TLane : struct, ILane<TLane, T>
    {
        using var reference = new ReferenceBackend<T>();
        foreach ((ConvShape shape, int batch) in Cases())
            if (batch * shape.Products <= Most)
                foreach (Part part in Enum.GetValues<Part>()) Compare(reference, gpu, part, shape, batch, add: turn++ % 2 == 0);
        Assert.Equal(0, gpu.HostCalls);
    }

    // The larger tiles, and weights' sums in several slabs.
    [Theory]
    [InlineData(128, 3, 5, 8, 9, 3, 20)]
    [InlineData(128, 40, 5, 3, 3, 2, 4)]
    [InlineData(256, 5, 70, 4, 5, 3, 3)]
    [InlineData(256, 66, 65, 3, 3, 1, 3)]
    public void LargeGroupsAreAsTheLoops(int items, int inChannels, int outChannels, int height, int width, int kernel, int batch)
    {
        using var reference = new ReferenceBackend<float>();
        using var gpu = GpuEmulation.Single(items);
        var shape = new ConvShape(inChannels, outChannels, height, width, kernel, kernel, kernel / 2, kernel - 1, Circular: kernel == 2);
        foreach (Part part in Enum.GetValues<Part>()) Compare(reference, gpu, part, shape, batch, add: part == Part.WeightGradient);
        Assert.Equal(0, gpu.HostCalls);
    }

    [Fact]
    public void WeightsOfManyImagesAreSummedInSlabs()
    {
        using var reference = new ReferenceBackend<float>();
        using var forwards = GpuEmulation.Single();
        using var backwards = GpuEmulation.Single(backwards: true);
        // Eight slabs of 287 terms: no multiple of what a step takes.
        ConvShape shape = ConvShape.Same(2, 3, 8, 7, 3);
        Compare(reference, forwards, Part.WeightGradient, shape, 41, add: true);
        Assert.Equal(
            Run(forwards, Part.WeightGradient, shape, 41, add: false, absolute: false),
            Run(backwards, Part.WeightGradient, shape, 41, add: false, absolute: false));
    }

    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 4, 49)]
    [InlineData(100, 2, 83)]
    public void ABiasReceivesTheSumOfItsChannel(int batch, int channels, int pixels)
    {
        using var reference = new ReferenceBackend<double>();
        using var gpu = GpuEmulation.Double();
        double[] dz = Numbers<double>(5, batch * channels * pixels, false), db = Numbers<double>(6, channels, false);
        double[] Sum(IBackend<double> backend)
        {
            Slice from = Store(backend, dz), sum = Store(backend, db);
            Convolution<double>.BiasGradient(backend, batch, channels, pixels, from, sum);
            var read = new double[channels];
            backend.Read(sum, read);
            return read;
        }
        double[] expected = Sum(reference), actual = Sum(gpu);
        for (int i = 0; i < channels; i++) Assert.Equal(expected[i], actual[i], 1e-14 * ((batch * pixels) + 1));
        Assert.Equal(0, gpu.HostCalls);
    }
}
