using System.Numerics;
using System.Runtime.InteropServices;
using NativeFlow.Kernels;
using Xunit;
using static NativeFlow.Tests.ConvolutionCases;

namespace NativeFlow.Tests;

/// <summary>The fast convolutions against the plain loops, within the rounding errors of both.</summary>
public sealed class ConvolutionTests
{
    [Fact]
    public void Float_is_as_the_loops() => AllCases<float>();

    [Fact]
    public void Double_is_as_the_loops() => AllCases<double>();

    private static void AllCases<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var reference = new ReferenceBackend<T>();
        using var simd = new SimdBackend<T>(2);
        foreach ((ConvShape shape, int batch) in Cases())
            foreach (Part part in Enum.GetValues<Part>())
                foreach (bool add in new[] { false, true }) Compare(reference, simd, part, shape, batch, add);
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        using var one = new SimdBackend<float>(1);
        using var two = new SimdBackend<float>(2);
        using var three = new SimdBackend<float>(3);
        foreach ((ConvShape shape, int batch) in new[] { (ConvShape.Same(3, 5, 8, 8, 3), 300), (ConvShape.Same(2, 128, 8, 8, 3), 41), (ConvShape.Same(128, 128, 8, 8, 1), 41), (ConvShape.Same(128, 3, 8, 8, 3), 41) })
            foreach (Part part in Enum.GetValues<Part>())
            {
                float[] expected = Run(one, part, shape, batch, false, false);
                Assert.Contains(expected, v => v != 0);
                for (int round = 0; round < 3; round++)
                {
                    Assert.Equal(Bits(expected), Bits(Run(two, part, shape, batch, false, false)));
                    Assert.Equal(Bits(expected), Bits(Run(three, part, shape, batch, false, false)));
                }
            }
    }

    [Fact]
    public void An_image_does_not_depend_on_the_others()
    {
        using var simd = new SimdBackend<float>(1);
        foreach (ConvShape shape in new[] { ConvShape.Same(2, 3, 5, 6, 3), ConvShape.Same(2, 128, 8, 8, 3), ConvShape.Same(128, 128, 8, 8, 1), ConvShape.Same(128, 3, 8, 8, 3) })
            foreach (Part part in new[] { Part.Forward, Part.InputGradient })
            {
                float[] many = Run(simd, part, shape, 90, false, false);
                foreach (int batch in new[] { 1, 7, 33 })
                {
                    // The first images of a seed are the same whatever the batch.
                    float[] few = Run(simd, part, shape, batch, false, false);
                    Assert.Equal(Bits(few), Bits(many[..few.Length]));
                }
            }
    }

    [Fact]
    public void What_is_not_a_number_stays_in_its_image()
    {
        using var simd = new SimdBackend<float>(1);
        foreach (ConvShape shape in new[] { ConvShape.Same(2, 3, 5, 6, 3), ConvShape.Same(2, 128, 5, 6, 3), ConvShape.Same(128, 3, 5, 6, 3) })
        {
            float[] x = Numbers<float>(1, 20 * shape.InLength, false), w = Numbers<float>(2, shape.WeightLength, false);
            Slice px = Store(simd, x), pw = Store(simd, w), pz = simd.Allocate(20 * shape.OutLength);
            float[] clean = new float[pz.Length], hurt = new float[pz.Length];
            Convolution<float>.Forward(simd, shape, 20, px, pw, Slice.None, pz);
            simd.Read(pz, clean);
            x[(4 * shape.InLength) + 8] = float.NaN;
            simd.Write(x, px);
            Convolution<float>.Forward(simd, shape, 20, px, pw, Slice.None, pz);
            simd.Read(pz, hurt);
            for (int i = 0; i < hurt.Length; i++)
                if (i / shape.OutLength != 4) Assert.Equal(clean[i], hurt[i]);
            Assert.True(float.IsNaN(hurt[(4 * shape.OutLength) + 8]));
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 4, 49)]
    [InlineData(17, 5, 64)]
    [InlineData(100, 2, 83)]
    public void A_bias_receives_the_sum_of_its_channel(int batch, int channels, int pixels)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(2);
        double[] dz = Numbers<double>(5, batch * channels * pixels, false), db = Numbers<double>(6, channels, false), expected = new double[channels], actual = new double[channels];
        foreach ((IBackend<double> backend, double[] to) in new (IBackend<double>, double[])[] { (reference, expected), (simd, actual) })
        {
            Slice from = Store(backend, dz), sum = Store(backend, db);
            Convolution<double>.BiasGradient(backend, batch, channels, pixels, from, sum);
            backend.Read(sum, to);
        }

        for (int i = 0; i < channels; i++) Assert.Equal(expected[i], actual[i], 1e-13 * batch * pixels);
    }

    [Fact]
    public void Nothing_managed_is_allocated()
    {
        using var simd = new SimdBackend<float>(1);
        foreach (ConvShape shape in new[] { ConvShape.Same(2, 3, 5, 6, 3), ConvShape.Same(2, 128, 8, 8, 3), ConvShape.Same(128, 128, 8, 8, 1), ConvShape.Same(128, 3, 8, 8, 3) })
        {
            Slice x = Store(simd, Numbers<float>(1, 20 * shape.InLength, false)), z = Store(simd, Numbers<float>(2, 20 * shape.OutLength, false)), w = Store(simd, Numbers<float>(3, shape.WeightLength, false)), b = Store(simd, new float[shape.OutChannels]);
            long before = 0;
            for (int round = 0; round < 4; round++)
            {
                if (round == 2) before = GC.GetAllocatedBytesForCurrentThread();
                Convolution<float>.Forward(simd, shape, 20, x, w, b, z);
                Convolution<float>.InputGradient(simd, shape, 20, z, w, x, true);
                Convolution<float>.WeightGradient(simd, shape, 20, x, z, w, 1e-3, true);
                Convolution<float>.BiasGradient(simd, 20, shape.OutChannels, shape.Pixels, z, b);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static int[] Bits(float[] numbers) => MemoryMarshal.Cast<float, int>(numbers).ToArray();
}
