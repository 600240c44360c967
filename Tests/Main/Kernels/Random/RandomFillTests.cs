using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Fills: the reference's numbers, the same for any chunking and lane, with the right moments.</summary>
public sealed class RandomFillTests
{
    [Fact]
    public void ElementsAreThoseOfTheReference()
    {
        foreach (ulong start in (ulong[])[0, 1, 2, 3, 37, 1000003])
            for (int n = 0; n <= 257; n += n < 20 ? 1 : 79)
            {
                float[] uniform = new float[n], gaussian = new float[n], sign = new float[n];
                double[] sign2 = new double[n];
                RandomFill.Rademacher<double>(42, 7, start, sign2);
                double[] uniform2 = new double[n], gaussian2 = new double[n];
                RandomFill.Uniform<float>(42, 7, start, uniform);
                RandomFill.Uniform<double>(42, 7, start, uniform2);
                RandomFill.Gaussian<float>(42, 7, start, gaussian);
                RandomFill.Gaussian<double>(42, 7, start, gaussian2);
                RandomFill.Rademacher<float>(42, 7, start, sign);
                for (int i = 0; i < n; i++)
                {
                    ulong at = start + (ulong)i;
                    Assert.Equal(ReferenceRandom.Uniform<float>(42, 7, at), uniform[i]);
                    Assert.Equal(ReferenceRandom.Uniform<double>(42, 7, at), uniform2[i]);
                    Assert.Equal(ReferenceRandom.Gaussian(42, 7, at), gaussian2[i], 4e-15);
                    Assert.Equal((float)gaussian2[i], gaussian[i], 5e-7f * (0.001f + Math.Abs(gaussian[i])));
                    Assert.Equal(ReferenceRandom.Rademacher<float>(42, 7, at), sign[i]);
                    Assert.Equal((double)sign[i], sign2[i]);
                }
            }
    }

    private delegate void Filler<T>(ulong start, Span<T> destination);

    [Fact]
    public void ChunkingDoesNotMatter()
    {
        Check<float>(RandomFillUniform<float>);
        Check<double>(RandomFillUniform<double>);
        Check<float>((start, to) => RandomFill.Gaussian(5, 6, start, to));
        Check<double>((start, to) => RandomFill.Gaussian(5, 6, start, to));
        Check<float>((start, to) => RandomFill.Rademacher(5, 6, start, to));

        static void RandomFillUniform<T>(ulong start, Span<T> to) where T : unmanaged, IFloatingPointIeee754<T> => RandomFill.Uniform(5, 6, start, to);

        static void Check<T>(Filler<T> fill) where T : unmanaged, IFloatingPointIeee754<T>
        {
            T[] whole = new T[5000], parts = new T[5000];
            fill(11, whole);
            Random cuts = new(3);
            for (int done = 0; done < parts.Length;)
            {
                int take = Math.Min(parts.Length - done, 1 + cuts.Next(300));
                fill(11 + (ulong)done, parts.AsSpan(done, take));
                done += take;
            }
            Assert.Equal(whole, parts);
        }
    }

    [Fact]
    public unsafe void EveryLaneGivesTheSameGaussianBits()
    {
        ulong* buffers = stackalloc ulong[6 * 64];
        for (int i = 0; i < 3; i++) Philox.FillBlocks(9, 9, 9, 64, buffers + (128 * i), buffers + (128 * i) + 64);
        BoxMuller.Loop<ScalarLane<double>>(buffers, buffers + 64, 64);
        BoxMuller.Loop<VectorLane<double>>(buffers + 128, buffers + 192, 64);
        BoxMuller.Loop<Vector512Lane<double>>(buffers + 256, buffers + 320, 64);
        Assert.True(new Span<ulong>(buffers, 128).SequenceEqual(new Span<ulong>(buffers + 128, 128)));
        Assert.True(new Span<ulong>(buffers, 128).SequenceEqual(new Span<ulong>(buffers + 256, 128)));
    }

    [Fact]
    public unsafe void EveryLaneGivesTheSameSingleBits()
    {
        ulong* words = stackalloc ulong[128];
        Philox.FillBlocks(9, 9, 9, 64, words, words + 64);
        // The ends of both ranges: radius zero and largest, no turn and almost a whole one.
        (words[0], words[1], words[64], words[65]) = (0, ulong.MaxValue, 0, ulong.MaxValue);
        float* numbers = stackalloc float[3 * 128];
        BoxMullerSingle.Loop<ScalarLane<float>>(words, words + 64, 64, numbers);
        BoxMullerSingle.Loop<VectorLane<float>>(words, words + 64, 64, numbers + 128);
        BoxMullerSingle.Loop<Vector512Lane<float>>(words, words + 64, 64, numbers + 256);
        Assert.True(new Span<float>(numbers, 128).SequenceEqual(new Span<float>(numbers + 128, 128)));
        Assert.True(new Span<float>(numbers, 128).SequenceEqual(new Span<float>(numbers + 256, 128)));
        Assert.Equal(0, numbers[0]);
        Assert.Equal(Math.Sqrt(-2 * Math.Log(Math.Pow(2, -52))), numbers[2], 2e-6);
    }

    [Fact]
    public void SingleGaussiansAreTheDoubleOnesUpToRounding()
    {
        float[] x = new float[1_000_000];
        double[] y = new double[x.Length];
        RandomFill.Gaussian<float>(31, 5, 0, x);
        RandomFill.Gaussian<double>(31, 5, 0, y);
        for (int i = 0; i < x.Length; i++) Assert.True(Math.Abs(x[i] - y[i]) <= 3e-7 * Math.Abs(y[i]), $"element {i} is {x[i]:R}, the double one {y[i]:R}");
    }

    [Fact]
    public void GaussianBitsArePinned()
    {
        double[] x = new double[1000];
        RandomFill.Gaussian<double>(2024, 1, 0, x);
        ulong hash = 14695981039346656037ul;
        foreach (double v in x) hash = (hash ^ BitConverter.DoubleToUInt64Bits(v)) * 1099511628211ul;
        Assert.Equal(1389220987879748918ul, hash);
        float[] single = new float[1000];
        RandomFill.Gaussian<float>(2024, 1, 0, single);
        hash = 14695981039346656037ul;
        foreach (float v in single) hash = (hash ^ BitConverter.SingleToUInt32Bits(v)) * 1099511628211ul;
        Assert.Equal(5566005474015369129ul, hash);
    }

    [Fact]
    public void NothingIsAllocated()
    {
        float[] numbers = new float[3000];
        double[] numbers2 = new double[3000];
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step()
        {
            RandomFill.Uniform<float>(1, 2, 3, numbers);
            RandomFill.Uniform<double>(1, 2, 3, numbers2);
            RandomFill.Gaussian<float>(1, 2, 3, numbers);
            RandomFill.Gaussian<double>(1, 2, 3, numbers2);
            RandomFill.Rademacher<float>(1, 2, 3, numbers);
        }
    }

    [Fact]
    public void Moments()
    {
        const int n = 1_000_000;
        double[] x = new double[n];
        RandomFill.Uniform<double>(1, 1, 0, x);
        Moment(x, v => v, 0.5, Math.Sqrt(1.0 / 12));
        Moment(x, v => v * v, 1.0 / 3, Math.Sqrt(4.0 / 45));
        foreach (double v in x) Assert.True(v >= 0 && v < 1);

        RandomFill.Gaussian<double>(1, 2, 0, x);
        Moment(x, v => v, 0, 1);
        Moment(x, v => v * v, 1, Math.Sqrt(2));
        Moment(x, v => v * v * v, 0, Math.Sqrt(15));
        Moment(x, v => v * v * v * v, 3, Math.Sqrt(96));
        Moment(x, v => v > 3 ? 1 : 0, 0.0013498980316300933, Math.Sqrt(0.00135));
        Moment(x, v => Math.Abs(v) < 0.1 ? 1 : 0, 0.07965567455405798, Math.Sqrt(0.0797 * 0.9203));
        // Neighbours (the two of a pair, and across pairs) and far ones are uncorrelated.
        foreach (int lag in (int[])[1, 2, 128])
        {
            double[] product = new double[n - lag];
            for (int i = 0; i < product.Length; i++) product[i] = x[i] * x[i + lag];
            Moment(product, v => v, 0, 1);
        }
        double[] other = new double[n];
        RandomFill.Gaussian<double>(1, 3, 0, other);
        for (int i = 0; i < n; i++) other[i] *= x[i];
        Moment(other, v => v, 0, 1);

        RandomFill.Rademacher<double>(1, 4, 0, x);
        Moment(x, v => v, 0, 1);
        foreach (double v in x) Assert.True(v is 1 or -1);
    }

    // The mean of f over the sample lies within five standard errors of the truth.
    private static void Moment(double[] x, Func<double, double> f, double mean, double deviation)
    {
        double sum = 0;
        foreach (double v in x) sum += f(v);
        double error = (sum / x.Length) - mean, sigma = deviation / Math.Sqrt(x.Length);
        Assert.True(Math.Abs(error) <= 5 * sigma, $"mean is off by {error / sigma:F1} sigma (five allowed), {x.Length} numbers");
    }
}
