using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The exponential of a convolution against the exponential of its dense matrix, and what decides the number of terms.</summary>
public sealed class ConvExponentialTests
{
    [Theory]
    [InlineData(2, 3, 4, 3, false, 0.05)]
    [InlineData(2, 3, 4, 3, false, 1.0)]
    [InlineData(3, 4, 2, 3, true, 1.0)]
    [InlineData(1, 5, 5, 5, false, 8.0)]
    [InlineData(2, 2, 3, 5, true, 12.0)]
    [InlineData(4, 1, 5, 1, false, 3.0)]
    public void ForwardInverseAndLogDet_AreThoseOfTheDenseExponential(int channels, int height, int width, int kernel, bool circular, double size)
    {
        ConvShape shape = ConvShape.Same(channels, channels, height, width, kernel, circular);
        int n = shape.InLength;
        double[] w = Scaled(shape, size, 51), x = Normal(2 * n, 52);
        double[] dense = Dense(shape, w), minus = [.. dense.Select(v => -v)], exponential = new double[n * n], inverse = new double[n * n];
        double trace = Enumerable.Range(0, n).Sum(i => dense[(i * n) + i]);
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var layer = new ConvExponential<double>(new ImageShape(channels, height, width), kernel, circular);
        layer.Attach(store, "layer", 1);
        store.Build();
        store.Write(store.Find("layer.kernel"), w);
        using var tape = new Tape<double>(backend, store);
        Var e = tape.MatrixExponential(tape.Input(dense, n, n)), i = tape.MatrixExponential(tape.Input(minus, n, n));
        tape.Read(e, exponential);
        tape.Read(i, inverse);

        FlowStep step = layer.Forward(tape, tape.Input(x, 2, n), new StepContext());
        Assert.Equal(ValueKind.Exact, step.Value);
        double[] z = Read(tape, step.Output);
        Close(Product(exponential, x, n), z, Norm(exponential, n));
        Assert.Equal(trace, tape.Scalar(step.LogAbsDet), 1e-12 * Math.Max(1, Math.Abs(trace)));
        FlowStep back = layer.Inverse(tape, tape.Input(x, 2, n), new StepContext());
        Close(Product(inverse, x, n), Read(tape, back.Output), Norm(inverse, n));
        Assert.Equal(-trace, tape.Scalar(back.LogAbsDet), 1e-12 * Math.Max(1, Math.Abs(trace)));

        // Without gradients the same bits in less memory.
        tape.Reset();
        tape.RecordsGradients = false;
        Assert.Equal(z, Read(tape, layer.Forward(tape, tape.Input(x, 2, n), new StepContext()).Output));
    }

    [Fact]
    public void Plan_LeavesLessThanTheTolerance_AndNoTermLessWould()
    {
        foreach (double tolerance in (double[])[1e-3, 6e-8, 1.1e-16])
            foreach (double norm in (double[])[0, 1e-9, 0.01, 0.3, 1, 1.99, 2.01, 7, 40])
            {
                (int parts, int terms) = ConvExponential<double>.Plan(norm, tolerance);
                double r = norm / parts;
                Assert.InRange(r, 0, 2);
                Assert.True(parts == 1 || norm / (parts - 1) > 2);
                Assert.True(Left(r, terms - 1) <= tolerance * Math.Exp(-r) * (1 + 1e-12), $"norm {norm}: {terms} terms leave {Left(r, terms - 1)}");
                // The stated bound is no more than the true remainder times what its geometric tail adds.
                Assert.True(terms == 2 || Left(r, terms - 2) * 3 > tolerance * Math.Exp(-r), $"norm {norm}: {terms} terms are too many");
            }

        // Remainder of e^r after the power r^n.
        static double Left(double r, int n)
        {
            double term = 1, sum = 0;
            for (int k = 1; k <= n + 60; k++)
            {
                term *= r / k;
                if (k > n) sum += term;
            }
            return sum;
        }
    }

    [Fact]
    public void Plan_RefusesAKernelThatNeedsThousandsOfTerms_AndCarriesANonFiniteOneOn()
    {
        Assert.Contains("1E+05", Assert.Throws<NotConvergedException>(() => ConvExponential<double>.Plan(1e5, 1e-16)).Message, StringComparison.Ordinal);
        Assert.Equal((1, 2), ConvExponential<double>.Plan(double.NaN, 1e-16));
        Assert.Equal((1, 2), ConvExponential<double>.Plan(double.PositiveInfinity, 1e-16));
    }

    [Fact]
    public void NormBound_IsAboveTheLargestSingularValue_AndNotFarAbove()
    {
        using var backend = new SimdBackend<double>(1);
        foreach ((int channels, int height, int width, int kernel, bool circular) in ((int, int, int, int, bool)[])[(1, 4, 4, 3, false), (3, 3, 4, 3, false), (2, 2, 3, 5, true), (4, 2, 2, 1, false), (2, 1, 9, 3, true)])
        {
            ConvShape shape = ConvShape.Same(channels, channels, height, width, kernel, circular);
            double[] w = Normal(shape.WeightLength, 61), dense = Dense(shape, w);
            using var tape = new Tape<double>(backend);
            Var bound = tape.Allocate(1, 1, false), weight = tape.Input(w, channels, shape.WeightColumns);
            ConvolutionNorm<double>.Bound(backend, shape, tape.ValueOf(weight), tape.ValueOf(bound));
            double largest = Largest(dense, shape.InLength);
            Assert.InRange(tape.Scalar(bound), largest * (1 - 1e-12), largest * 5);
            // A kernel of equal numbers in a circular image: its norm is their sum, exactly the bound.
            Array.Fill(w, -0.25);
            weight = tape.Input(w, channels, shape.WeightColumns);
            ConvolutionNorm<double>.Bound(backend, shape, tape.ValueOf(weight), tape.ValueOf(bound));
            Assert.Equal(0.25 * channels * shape.Taps, tape.Scalar(bound), 1e-12 * channels * shape.Taps);
        }
    }

    [Theory]
    [InlineData(new double[] { 3, 4, 0, 0 }, 5)]
    [InlineData(new double[] { 0, 0, 4, 3 }, 5)]
    [InlineData(new double[] { 5, 0, 12, 0 }, 13)]
    [InlineData(new double[] { 0, 12, 0, -5 }, 13)]
    [InlineData(new double[] { 2, 0, 0, -2 }, 2)]
    public void NormBound_OfOneTapOfSmallRank_IsItsNorm(double[] w, double expected)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var bound = tape.Allocate(1, 1, false);
        ConvolutionNorm<double>.Bound(backend, ConvShape.Same(2, 2, 3, 3, 1), tape.ValueOf(tape.Input(w, 2, 2)), tape.ValueOf(bound));
        Assert.Equal(expected, tape.Scalar(bound), 1e-12);
    }

    [Fact]
    public void FewerTerms_SaySo()
    {
        var image = new ImageShape(1, 2, 2);
        Assert.Equal(ValueKind.Exact, new ConvExponential<float>(image).EvaluationValue);
        Assert.Equal(ValueKind.Truncated, new ConvExponential<float>(image, terms: 6).EvaluationValue);
        Assert.Equal(ValueKind.Truncated, new ConvExponential<float>(image, tolerance: 1e-4).EvaluationValue);
        Assert.Equal(ValueKind.Truncated, new ConvExponential<double>(image, tolerance: 1e-12).EvaluationValue);
        Assert.Equal(ValueKind.Exact, new ConvExponential<float>(image, tolerance: 1e-12).EvaluationValue);
    }

    [Theory]
    [InlineData("""{"kind":"conv-exponential","channels":2,"height":3,"width":3,"kernel":4}""", "odd side")]
    [InlineData("""{"kind":"conv-exponential","channels":2,"height":3,"width":3,"terms":3,"tolerance":0.1}""", "leave one out")]
    [InlineData("""{"kind":"conv-exponential","channels":2,"height":3,"width":3,"terms":0}""", "terms is 0")]
    [InlineData("""{"kind":"conv-exponential","channels":2,"height":3,"width":3,"tolerance":1}""", "tolerance is 1")]
    [InlineData("""{"kind":"conv-exponential","channels":2,"height":3}""", "width")]
    public void BadRecipes_AreRefused(string recipe, string message)
    {
        using JsonDocument json = JsonDocument.Parse(recipe);
        Assert.Contains(message, Assert.Throws<BadInputException>(() => ConvExponential<double>.FromConfig(json.RootElement)).Message, StringComparison.Ordinal);
    }

    // A kernel whose dense matrix has about this norm.
    private static double[] Scaled(in ConvShape shape, double size, int seed)
    {
        double[] w = Normal(shape.WeightLength, seed);
        double norm = Largest(Dense(shape, w), shape.InLength);
        return [.. w.Select(v => v * size / norm)];
    }

    private static double[] Dense(in ConvShape s, double[] w)
    {
        // Column by column: the images of unit vectors.
        int n = s.InLength;
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        double[] columns = Read(tape, tape.Conv2d(tape.Identity(n), tape.Input(w, s.OutChannels, s.WeightColumns), s)), dense = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) dense[(i * n) + j] = columns[(j * n) + i];
        return dense;
    }

    private static double Largest(double[] matrix, int n)
    {
        double[] v = Normal(n, 71);
        double norm = 0;
        for (int step = 0; step < 3000; step++)
        {
            double[] u = Product(matrix, v, n), back = new double[n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) back[j] += matrix[(i * n) + j] * u[i];
            double length = Math.Sqrt(back.Sum(b => b * b));
            norm = Math.Sqrt(length);
            for (int i = 0; i < n; i++) v[i] = back[i] / length;
        }
        return norm;
    }

    private static double Norm(double[] matrix, int n) => Enumerable.Range(0, n).Max(i => Enumerable.Range(0, n).Sum(j => Math.Abs(matrix[(i * n) + j])));

    private static double[] Product(double[] matrix, double[] rows, int n)
    {
        var result = new double[rows.Length];
        for (int r = 0; r < rows.Length / n; r++)
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) result[(r * n) + i] += matrix[(i * n) + j] * rows[(r * n) + j];
        return result;
    }

    private static double[] Normal(int length, int seed)
    {
        var random = new Random(seed);
        double[] x = new double[length];
        for (int i = 0; i < length; i++) x[i] = InputSpec.Gaussian(random);
        return x;
    }

    private static double[] Read(Tape<double> tape, Var v)
    {
        var values = new double[v.Length];
        tape.Read(v, values);
        return values;
    }

    private static void Close(double[] expected, double[] actual, double scale)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-13 * scale, $"[{i}] is {actual[i]:R}, the dense exponential gives {expected[i]:R}, scale {scale:G3}.");
    }
}
