using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>log|det| and solve of circular convolutions against the dense matrix, in double and on both backends.</summary>
public sealed class CircularConvTests
{
    public static TheoryData<int, int, int, int, int, int, int> Shapes => new()
    {
        // Channels, height, width, kernel rows and columns, anchor.
        { 1, 3, 3, 3, 3, 1, 1 }, { 2, 4, 5, 3, 3, 1, 1 }, { 3, 5, 4, 2, 3, 1, 0 }, { 2, 3, 2, 5, 7, 0, 6 }, { 4, 1, 6, 1, 3, 0, 1 },
        { 4, 6, 1, 3, 1, 1, 0 }, { 3, 1, 1, 3, 3, 1, 1 }, { 2, 7, 7, 3, 3, 1, 1 }, { 16, 3, 4, 3, 3, 1, 1 }, { 1, 14, 28, 3, 3, 1, 1 }, { 5, 2, 9, 1, 1, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ValueGradientAndSolve_MatchTheDenseMatrix(int channels, int height, int width, int rows, int columns, int anchorRow, int anchorColumn)
    {
        var shape = new ConvShape(channels, channels, height, width, rows, columns, anchorRow, anchorColumn, true);
        double[] w = Weight(shape, 31), z = Normal(3 * shape.InLength, 32), ct = Normal(z.Length, 33);
        int n = shape.InLength;
        (double[] matrix, double[] inverse, double logDet) = Invert(shape, w);
        double[] gradient = TapSums(shape, (row, column) => inverse[(column * n) + row]);
        double[] x = Product(inverse, z, n, transposed: false), dz = Product(inverse, ct, n, transposed: true);
        double[] dw = TapSums(shape, (row, column) => -Enumerable.Range(0, 3).Sum(b => dz[(b * n) + row] * x[(b * n) + column]));

        foreach (IBackend<double> backend in (IBackend<double>[])[new ReferenceBackend<double>(), new SimdBackend<double>(2)])
            using (backend)
            using (var tape = new Tape<double>(backend))
            {
                Var weight = tape.Input(w, channels, shape.WeightColumns, needsGrad: true);
                Var y = tape.CircularConvLogAbsDet(weight, shape);
                tape.Backward(y);
                Close([logDet], Read(tape, tape.ValueOf(y)), "log|det|");
                Close(gradient, Read(tape, tape.GradOf(weight)), "its gradient");

                tape.Reset();
                weight = tape.Input(w, channels, shape.WeightColumns, needsGrad: true);
                Var right = tape.Input(z, 3, n, needsGrad: true);
                Var solved = tape.CircularConvSolve(weight, right, shape);
                tape.Backward(solved, ct);
                Close(x, Read(tape, tape.ValueOf(solved)), "x");
                Close(dz, Read(tape, tape.GradOf(right)), "dz");
                Close(dw, Read(tape, tape.GradOf(weight)), "dw");
            }
        Assert.NotEmpty(matrix);
    }

    /// <summary>The determinant vanishes along one direction of weights; close to it value, gradient and solution stay right to what the condition allows.</summary>
    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-8)]
    [InlineData(1e-13)]
    public void NearlySingular_KeepsTheDigitsThatTheConditionAllows(double distance)
    {
        // Taps (1 + d, -1) along a row: 1 + d - e^(2 pi i v / W) vanishes at v = 0 as d does; |det| = (1 + d)^W - 1 for each row.
        var shape = new ConvShape(1, 1, 2, 5, 1, 2, 0, 0, true);
        double d = 1 + distance - 1;
        double[] w = [1 + d, -1], z = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1];
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input(w, 1, 2, needsGrad: true);
        Var y = tape.CircularConvLogAbsDet(weight, shape);
        tape.Backward(y);
        double power = Math.Exp(5 * double.LogP1(d)) - 1;
        if (d < 1e-2) power = d * (5 + (d * (10 + (d * (10 + (d * (5 + d)))))));
        double[] dense = [2 * 5 * Math.Pow(1 + d, 4) / power, 2 * 5 / power];
        Assert.Equal(2 * Math.Log(power), Read(tape, tape.ValueOf(y))[0], 1e-12 * Math.Abs(2 * Math.Log(power)));
        double[] gradient = Read(tape, tape.GradOf(weight));
        for (int i = 0; i < 2; i++) Assert.Equal(dense[i], gradient[i], 1e-12 * dense[i]);

        tape.Reset();
        Var x = tape.CircularConvSolve(tape.Input(w, 1, 2), tape.Input(z, 1, 10), shape);
        double[] back = Read(tape, tape.ValueOf(tape.Conv2d(x, tape.Input(w, 1, 2), shape)));
        double largest = Read(tape, tape.ValueOf(x)).Max(Math.Abs);
        for (int i = 0; i < 10; i++) Assert.Equal(z[i], back[i], 1e-14 * largest);
        Assert.Equal(3 / d, largest, 1e-2 * largest + 4);
    }

    [Fact]
    public void Singular_IsMinusInfinity_AndNamesItsFrequencyWhereAnInverseIsNeeded()
    {
        // (1, 1) along a row of 4: 1 + e^(i pi) = 0 at v = 2.
        var shape = new ConvShape(1, 1, 1, 4, 1, 2, 0, 0, true);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input([1, 1], 1, 2, needsGrad: true);
        Var y = tape.CircularConvLogAbsDet(weight, shape);
        Assert.Equal(double.NegativeInfinity, Read(tape, tape.ValueOf(y))[0]);
        Assert.Contains("frequency (0, 2)", Assert.Throws<SingularMatrixException>(() => tape.Backward(y)).Message, StringComparison.Ordinal);
        tape.Reset();
        Assert.Contains("frequency (0, 2)", Assert.Throws<SingularMatrixException>(() => tape.CircularConvSolve(tape.Input([1, 1], 1, 2), tape.Input([1, 2, 3, 4], 1, 4), shape)).Message, StringComparison.Ordinal);

        // Equal rows of channels: singular at every frequency, found at the second pivot of the first.
        shape = ConvShape.Same(2, 2, 3, 3, 1, circular: true);
        tape.Reset();
        SingularMatrixException e = Assert.Throws<SingularMatrixException>(() => tape.CircularConvSolve(tape.Input([2, 3, 2, 3], 2, 2), tape.Input(new double[18], 1, 18), shape));
        Assert.Contains("frequency (0, 0)", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, e.Pivot);
    }

    /// <summary>Without pivoting the tiny number in front takes all digits of the rest.</summary>
    [Fact]
    public void ChannelsInAnotherOrder_NeedPivoting()
    {
        const double Tiny = 1e-12;
        ConvShape shape = ConvShape.Same(2, 2, 3, 4, 1, circular: true);
        double[] z = Normal(shape.InLength, 34);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var x = tape.CircularConvSolve(tape.Input([Tiny, 1, 1, 1], 2, 2), tape.Input(z, 1, shape.InLength), shape);
        double[] expected = new double[z.Length];
        for (int p = 0; p < shape.Pixels; p++)
        {
            double a = z[p], b = z[shape.Pixels + p];
            expected[p] = (b - a) / (1 - Tiny);
            expected[shape.Pixels + p] = (a - (Tiny * b)) / (1 - Tiny);
        }
        Close(expected, Read(tape, tape.ValueOf(x)), "x");
    }

    [Theory]
    [InlineData("conv/periodic_0")]
    [InlineData("conv/periodic_1")]
    public void GoldenNumbers(string name)
    {
        Fixture f = Fixture.Load(name);
        int[] size = f.Shape("x");
        int batch = size[0], channels = size[1];
        ConvShape shape = ConvShape.Same(channels, channels, size[2], size[3], 3, circular: true);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input(f["weight"], channels, shape.WeightColumns, needsGrad: true), x = tape.Input(f["x"], batch, shape.InLength, needsGrad: true);
        Var z = tape.Conv2d(x, weight, shape), logDet = tape.CircularConvLogAbsDet(weight, shape);
        Var loss = tape.Add(tape.Sum(tape.Multiply(z, tape.Input(f["ct.z"], batch, shape.OutLength))), tape.Sum(tape.Multiply(tape.Input(f["ct.log_abs_det"], batch, 1), logDet)));
        tape.Backward(loss);
        Close(f["z"], Read(tape, tape.ValueOf(z)), "z");
        foreach (double expected in f["log_abs_det"]) Close([expected], Read(tape, tape.ValueOf(logDet)), "log|det|");
        Close(f["grad.x"], Read(tape, tape.GradOf(x)), "grad.x");
        Close(f["grad.weight"], Read(tape, tape.GradOf(weight)), "grad.weight");
        tape.Reset();
        Var back = tape.CircularConvSolve(tape.Input(f["weight"], channels, shape.WeightColumns), tape.Input(f["z"], batch, shape.OutLength), shape);
        Close(f["x"], Read(tape, tape.ValueOf(back)), "x");
    }

    // Well conditioned: the identity tap and a perturbation that shrinks with its size.
    private static double[] Weight(in ConvShape s, int seed)
    {
        double[] w = Normal(s.WeightLength, seed);
        for (int i = 0; i < w.Length; i++) w[i] *= 0.7 / Math.Sqrt(s.WeightColumns);
        for (int o = 0; o < s.OutChannels; o++) w[(o * s.WeightColumns) + (o * s.Taps) + (s.AnchorRow * s.KernelWidth) + s.AnchorColumn] += 1;
        return w;
    }

    private static (double[] Matrix, double[] Inverse, double LogDet) Invert(ConvShape s, double[] w)
    {
        int n = s.InLength;
        double[] matrix = new double[n * n], inverse = new double[n * n];
        Visit(s, (tap, row, column) => matrix[(row * n) + column] += w[tap]);
        double[] factors = [.. matrix];
        int[] pivots = new int[n];
        Assert.Equal(-1, Lu.Factor<double>(factors, n, pivots));
        Lu.Inverse<double>(factors, n, pivots, inverse);
        return (matrix, inverse, Lu.LogAbsDet<double>(factors, n, pivots, out _));
    }

    private static double[] TapSums(ConvShape s, Func<int, int, double> entry)
    {
        var sums = new double[s.WeightLength];
        Visit(s, (tap, row, column) => sums[tap] += entry(row, column));
        return sums;
    }

    private static void Visit(ConvShape s, Action<int, int, int> visit)
    {
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                    for (int j = 0; j < s.KernelWidth; j++)
                        for (int h = 0; h < s.Height; h++)
                            for (int w = 0; w < s.Width; w++)
                            {
                                int row = (h + i - s.AnchorRow + (100 * s.Height)) % s.Height, column = (w + j - s.AnchorColumn + (100 * s.Width)) % s.Width;
                                visit((((o * s.InChannels) + c) * s.Taps) + (i * s.KernelWidth) + j, (o * s.Pixels) + (h * s.Width) + w, (c * s.Pixels) + (row * s.Width) + column);
                            }
    }

    private static double[] Product(double[] matrix, double[] rows, int n, bool transposed)
    {
        var result = new double[rows.Length];
        for (int r = 0; r < rows.Length / n; r++)
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) result[(r * n) + i] += matrix[transposed ? (j * n) + i : (i * n) + j] * rows[(r * n) + j];
        return result;
    }

    private static double[] Normal(int length, int seed)
    {
        var random = new Random(seed);
        double[] x = new double[length];
        for (int i = 0; i < length; i++) x[i] = InputSpec.Gaussian(random);
        return x;
    }

    private static double[] Read(Tape<double> tape, Slice slice)
    {
        var values = new double[slice.Length];
        tape.Backend.Read(slice, values);
        return values;
    }

    private static void Close(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1e-3, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-12 * scale, $"{what}[{i}] is {actual[i]:R}, the dense matrix gives {expected[i]:R}.");
    }
}
