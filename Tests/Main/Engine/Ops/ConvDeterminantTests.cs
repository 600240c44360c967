using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>log|det| and solve of zero-padded convolutions, by blocks and by band, against the dense matrix.</summary>
public sealed class ConvDeterminantTests
{
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        // channels, height, width, kernel
        { 1, 1, 1, 1 }, { 1, 1, 1, 3 }, { 1, 4, 5, 1 }, { 3, 2, 3, 1 }, { 1, 6, 6, 3 }, { 2, 5, 3, 3 }, { 2, 3, 7, 3 }, { 3, 4, 4, 3 }, { 4, 5, 4, 3 }, { 1, 1, 9, 3 }, { 2, 9, 1, 3 },
        { 1, 6, 6, 5 }, { 1, 7, 5, 5 }, { 2, 5, 9, 5 }, { 3, 5, 5, 5 }, { 1, 2, 2, 5 }, { 1, 1, 7, 5 }, { 4, 7, 3, 5 }, { 1, 28, 28, 3 }, { 16, 7, 7, 3 }, { 4, 14, 14, 3 }, { 1, 13, 11, 7 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void BlocksAndBandAreTheDenseMatrix(int channels, int height, int width, int kernel)
    {
        var shape = ConvShape.Same(channels, channels, height, width, kernel);
        double[] w = Weight(shape, 1, 3);
        Results exact = Dense(shape, w), found = Convolution(shape, w);
        Equal(exact.Value, found.Value, 1e-12);
        Equal(exact.Gradient, found.Gradient, 1e-12);
        Equal(exact.X, found.X, 1e-12);
        Equal(exact.Dz, found.Dz, 1e-12);
        Equal(exact.Dw, found.Dw, 1e-12);
    }

    private sealed record Results(double[] Value, double[] Gradient, double[] X, double[] Dz, double[] Dw);

    // Random taps with the given spread, and an identity times the given centre.
    private static double[] Weight(ConvShape shape, double spread, double centre, int seed = 5)
    {
        var random = new Random(seed);
        double scale = spread / Math.Sqrt(shape.WeightColumns);
        double[] w = [.. Enumerable.Range(0, shape.WeightLength).Select(_ => scale * InputSpec.Gaussian(random))];
        for (int i = 0; i < shape.OutChannels; i++) w[(((i * shape.InChannels) + i) * shape.Taps) + (shape.AnchorRow * shape.KernelWidth) + shape.AnchorColumn] += centre;
        return w;
    }

    private static Results Dense(ConvShape shape, double[] w)
        => Run(w, shape, (tape, weight) => tape.LogAbsDet(tape.ConvMatrix(weight, shape)), (tape, weight, z) => tape.SolveRows(tape.ConvMatrix(weight, shape), z));

    private static Results Convolution(ConvShape shape, double[] w)
        => Run(w, shape, (tape, weight) => tape.ConvLogAbsDet(weight, shape), (tape, weight, z) => tape.ConvSolve(weight, z, shape));

    private static Results Run(double[] w, ConvShape shape, Func<Tape<double>, Var, Var> logAbsDet, Func<Tape<double>, Var, Var, Var> solve)
    {
        const int Rows = 3;
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input(w, shape.OutChannels, shape.WeightColumns, needsGrad: true);
        Var y = logAbsDet(tape, weight);
        tape.Backward(y);
        double[] value = Read(tape, tape.ValueOf(y)), gradient = Read(tape, tape.GradOf(weight));

        tape.Reset();
        var random = new Random(9);
        double[] seed = [.. Enumerable.Range(0, Rows * shape.InLength).Select(_ => InputSpec.Gaussian(random))];
        weight = tape.Input(w, shape.OutChannels, shape.WeightColumns, needsGrad: true);
        Var z = tape.Input([.. seed.Select(s => s * s - s)], Rows, shape.InLength, needsGrad: true), x = solve(tape, weight, z);
        tape.Backward(x, seed);
        return new Results(value, gradient, Read(tape, tape.ValueOf(x)), Read(tape, tape.GradOf(z)), Read(tape, tape.GradOf(weight)));
    }

    private static double[] Read(Tape<double> tape, Slice slice)
    {
        double[] values = new double[slice.Length];
        tape.Backend.Read(slice, values);
        return values;
    }

    private static void Equal(double[] expected, double[] actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"element {i}: {expected[i]} expected, {actual[i]} found, scale {scale}");
    }
}
