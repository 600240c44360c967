using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The spline over lanes against the naive one: every length and number of bins, shared and own parameters, knots, bounds, and any number of threads.</summary>
public sealed class SplineKernelTests
{
    [Fact]
    public void EveryLengthAndNumberOfBins()
    {
        for (int n = 0; n <= 257; n++) Check(1, n, 1 + (n % 16), isShared: false);
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(7, 17)]
    [InlineData(70, 3)]
    [InlineData(131, 33)]
    [InlineData(2100, 1)]
    [InlineData(5, 257)]
    public void RowsWithOwnAndSharedParameters(int rows, int columns)
    {
        foreach (int bins in (int[])[1, 2, 3, 8, 13])
        {
            Check(rows, columns, bins, isShared: true);
            Check(rows, columns, bins, isShared: false);
        }
        Check(Math.Min(rows, 3), Math.Min(columns, 5), 100, isShared: false);
    }

    [Fact]
    public void KnotsBoundsAndBeyond()
    {
        const int bins = 7, elements = 40;
        double[] settings = [3, 1e-3, 1e-3, 1e-3, 1, 1], raw = Normals(5, (3 * bins) - 1), x = new double[elements], y = new double[elements];
        double[] scratch = new double[SplineKnots<double>.ScratchLength(bins)];
        var knots = new SplineKnots<double>(scratch, raw, bins, settings);
        // All knots, the bounds among them, and their neighbours on both sides; then far out.
        for (int j = 0; j <= bins; j++)
            for (int side = 0; side < 3; side++)
            {
                x[(3 * j) + side] = side == 0 ? knots.X[j] : side == 1 ? Math.BitDecrement(knots.X[j]) : Math.BitIncrement(knots.X[j]);
                y[(3 * j) + side] = side == 0 ? knots.Y[j] : side == 1 ? Math.BitDecrement(knots.Y[j]) : Math.BitIncrement(knots.Y[j]);
            }
        double[] far = [3.1, -3.1, 1e30, -1e300, double.PositiveInfinity, double.NegativeInfinity];
        far.CopyTo(x, 3 * (bins + 1));
        far.CopyTo(y, 3 * (bins + 1));
        foreach (bool inverse in (bool[])[false, true])
        {
            // A cotangent of the value alone: gradients of the log-determinant jump at knots.
            Result slow = Run(inverse ? y : x, Repeat(raw, elements), settings, elements, 1, bins, inverse, naive: true, logDet: false);
            Result fast = Run(inverse ? y : x, Repeat(raw, elements), settings, elements, 1, bins, inverse, naive: false, logDet: false);
            Close("value", fast.Value, slow.Value, 1e-11);
            Close("log-det", fast.LogDet, slow.LogDet, 1e-10);
            Close("input gradient", fast.DInput, slow.DInput, 1e-9);
            Close("parameter gradient", fast.DRaw, slow.DRaw, 1e-9);
        }
    }

    [Fact]
    public void NaNStaysNaNAndSpoilsNothingElse()
    {
        const int bins = 4, columns = 21;
        double[] x = Normals(1, columns), raw = Normals(2, columns * ((3 * bins) - 1)), settings = [3, 1e-3, 1e-3, 1e-3, 1, 1];
        x[7] = double.NaN;
        foreach (bool inverse in (bool[])[false, true])
            foreach (bool naive in (bool[])[false, true])
            {
                Result r = Run(x, raw, settings, columns, 1, bins, inverse, naive, logDet: true);
                for (int i = 0; i < columns; i++)
                {
                    Assert.Equal(i == 7, double.IsNaN(r.Value[i]));
                    Assert.Equal(i == 7, double.IsNaN(r.LogDet[i]));
                    Assert.Equal(i == 7, double.IsNaN(r.DInput[i]));
                    Assert.Equal(i == 7, double.IsNaN(r.DRaw[i * ((3 * bins) - 1)]));
                }
            }
    }

    [Fact]
    public void LargeRawParametersOverflowNothing()
    {
        const int bins = 5, columns = 33;
        float[] x = Array.ConvertAll(Normals(1, columns), v => (float)v), raw = Array.ConvertAll(Normals(2, columns * 14), v => (float)(v * 1e4));
        float[] settings = [3, 1e-3f, 1e-3f, 1e-3f, 1, 1], z = new float[columns], logDet = new float[1], dx = new float[columns], dRaw = new float[raw.Length];
        RationalQuadraticSimd.Forward<float>(x, raw, settings, z, logDet, bins);
        RationalQuadraticSimd.Backward<float>(x, raw, settings, x, logDet, dx, dRaw, bins);
        foreach (float[] values in (float[][])[z, logDet, dx, dRaw])
            foreach (float v in values) Assert.True(float.IsFinite(v));
        foreach (float v in z) Assert.InRange(Math.Abs(v), 0, 4.5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnyNumberOfThreadsGivesTheSameBits(bool isShared)
    {
        const int bins = 6, rows = 150, columns = 70;
        float[] x = Array.ConvertAll(Normals(1, rows * columns), v => (float)v), raw = Array.ConvertAll(Normals(2, (isShared ? 1 : rows) * columns * 17), v => (float)v);
        float[] settings = [3, 1e-3f, 1e-3f, 1e-3f, 1, 1], l = Array.ConvertAll(Normals(3, rows), v => (float)v);
        float[][] first = All(1);
        foreach (int threads in (int[])[2, 3])
        {
            float[][] again = All(threads);
            for (int i = 0; i < first.Length; i++) Assert.Equal(first[i], again[i]);
        }

        float[][] All(int threads)
        {
            using var workers = new Workers(threads);
            float[] z = new float[x.Length], logDet = new float[rows], dx = new float[x.Length], dRaw = new float[raw.Length];
            RationalQuadraticSimd.Forward<float>(x, raw, settings, z, logDet, bins, workers);
            RationalQuadraticSimd.Backward<float>(x, raw, settings, z, l, dx, dRaw, bins, workers);
            RationalQuadraticSimd.InverseBackward<float>(x, raw, settings, z, l, dx, dRaw, bins, workers);
            return [z, logDet, dx, dRaw];
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void NothingIsAllocated(int threads, bool isShared)
    {
        const int bins = 8, rows = 100, columns = 45;
        float[] x = Array.ConvertAll(Normals(1, rows * columns), v => (float)v), raw = Array.ConvertAll(Normals(2, (isShared ? 1 : rows) * columns * 23), v => (float)v);
        float[] settings = [3, 1e-3f, 1e-3f, 1e-3f, 1, 1], z = new float[x.Length], logDet = new float[rows], dx = new float[x.Length], dRaw = new float[raw.Length];
        using var workers = new Workers(threads);
        for (int i = 0; i < 5; i++) Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step()
        {
            RationalQuadraticSimd.Forward<float>(x, raw, settings, z, logDet, bins, workers);
            RationalQuadraticSimd.Inverse<float>(x, raw, settings, z, logDet, bins, workers);
            RationalQuadraticSimd.Backward<float>(x, raw, settings, z, logDet, dx, dRaw, bins, workers);
            RationalQuadraticSimd.InverseBackward<float>(x, raw, settings, z, logDet, dx, dRaw, bins, workers);
        }
    }

    private sealed record Result(double[] Value, double[] LogDet, double[] DInput, double[] DRaw);

    private static void Check(int rows, int columns, int bins, bool isShared)
    {
        int n = rows * columns, splines = isShared ? columns : n;
        double[] x = Normals(11, n), raw = Normals(12, splines * ((3 * bins) - 1)), settings = [2.5, 2e-3, 3e-3, 1e-3, 1.3, 0.7];
        foreach (bool inverse in (bool[])[false, true])
        {
            string name = $"{rows}x{columns}, {bins} bins, shared {isShared}, inverse {inverse}";
            Result slow = Run(x, raw, settings, rows, columns, bins, inverse, naive: true, logDet: true);
            Result fast = Run(x, raw, settings, rows, columns, bins, inverse, naive: false, logDet: true);
            Close(name + " value", fast.Value, slow.Value, 1e-11);
            Close(name + " log-det", fast.LogDet, slow.LogDet, 1e-10);
            Close(name + " input gradient", fast.DInput, slow.DInput, 1e-9);
            Close(name + " parameter gradient", fast.DRaw, slow.DRaw, 1e-9);
            // The same numbers in float; the oracle sees them rounded.
            float[] xf = Array.ConvertAll(x, v => (float)v), rawf = Array.ConvertAll(raw, v => (float)v), sf = Array.ConvertAll(settings, v => (float)v);
            slow = Run(Wide(xf), Wide(rawf), Wide(sf), rows, columns, bins, inverse, naive: true, logDet: true);
            Result single = Run(xf, rawf, sf, rows, columns, bins, inverse, naive: false, logDet: true);
            Close(name + " value, float", single.Value, slow.Value, 1e-4);
            Close(name + " log-det, float", single.LogDet, slow.LogDet, 1e-3);
            Close(name + " input gradient, float", single.DInput, slow.DInput, 3e-2);
            Close(name + " parameter gradient, float", single.DRaw, slow.DRaw, 3e-2);
        }
    }

    private static Result Run<T>(T[] x, T[] raw, T[] settings, int rows, int columns, int bins, bool inverse, bool naive, bool logDet)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] value = new T[x.Length], l = new T[rows], dx = new T[x.Length], dRaw = new T[raw.Length];
        T[] dz = Array.ConvertAll(Normals(13, x.Length), T.CreateTruncating), dl = Array.ConvertAll(Normals(14, rows), v => logDet ? T.CreateTruncating(v) : T.Zero);
        // Gradients are added to what is there.
        Array.Fill(dx, T.One);
        Array.Fill(dRaw, T.One);
        if (naive && !inverse)
        {
            RationalQuadratic.Forward<T>(x, raw, settings, value, l, bins);
            RationalQuadratic.Backward<T>(x, raw, settings, dz, dl, dx, dRaw, bins);
        }
        else if (naive)
        {
            RationalQuadratic.Inverse<T>(x, raw, settings, value, l, bins);
            RationalQuadratic.InverseBackward<T>(x, value, raw, settings, dz, dl, dx, dRaw, bins);
        }
        else if (!inverse)
        {
            RationalQuadraticSimd.Forward<T>(x, raw, settings, value, l, bins);
            RationalQuadraticSimd.Backward<T>(x, raw, settings, dz, dl, dx, dRaw, bins);
        }
        else
        {
            RationalQuadraticSimd.Inverse<T>(x, raw, settings, value, l, bins);
            RationalQuadraticSimd.InverseBackward<T>(x, raw, settings, dz, dl, dx, dRaw, bins);
        }
        return new Result(Wide(value), Wide(l), Wide(dx), Wide(dRaw));
    }

    private static void Close(string name, double[] actual, double[] expected, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (actual[i] == expected[i]) continue;
            Assert.True(Math.Abs(actual[i] - expected[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"{name}: element {i} is {actual[i]:R}, wanted {expected[i]:R}");
        }
    }

    private static double[] Normals(ulong stream, int count)
    {
        var numbers = new double[count];
        RandomFill.Gaussian<double>(77, stream, 0, numbers);
        return numbers;
    }

    private static double[] Repeat(double[] raw, int times)
    {
        var all = new double[raw.Length * times];
        for (int i = 0; i < times; i++) raw.CopyTo(all, i * raw.Length);
        return all;
    }

    private static double[] Wide<T>(T[] values)
        where T : unmanaged, IFloatingPointIeee754<T> => Array.ConvertAll(values, v => double.CreateTruncating(v));
}
