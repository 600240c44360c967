using System.Numerics;
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
        // several blocks of several lines, the last one smaller
        { 2, 25, 9, 3 }, { 1, 11, 20, 3 }, { 1, 37, 8, 5 }, { 1, 23, 12, 7 }, { 5, 3, 40, 3 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void BlocksAndBandAreTheDenseMatrix(int channels, int height, int width, int kernel)
        => IsTheDenseMatrix(ConvShape.Same(channels, channels, height, width, kernel));

    // One-sided kernels are block triangular.
    [Theory]
    [InlineData(4, 9, 14, 2, 2, 1, 1)]
    [InlineData(4, 9, 14, 2, 3, 0, 1)]
    [InlineData(3, 20, 11, 4, 3, 2, 0)]
    [InlineData(3, 11, 20, 3, 4, 1, 3)]
    public void AnyAnchorWillDo(int channels, int height, int width, int kernelHeight, int kernelWidth, int anchorRow, int anchorColumn)
        => IsTheDenseMatrix(new ConvShape(channels, channels, height, width, kernelHeight, kernelWidth, anchorRow, anchorColumn));

    private static void IsTheDenseMatrix(ConvShape shape)
    {
        double[] w = Weight(shape, 1, 3);
        Results exact = Dense(shape, w), found = Convolution(shape, w);
        Equal(exact.Value, found.Value, 1e-12);
        Equal(exact.Gradient, found.Gradient, 1e-12);
        Equal(exact.X, found.X, 1e-12);
        Equal(exact.Dz, found.Dz, 1e-12);
        Equal(exact.Dw, found.Dw, 1e-12);
    }

    // Taps above and below only: a block with an odd number of lines is singular, the matrix is not.
    [Theory]
    [InlineData(0)]
    [InlineData(1e-9)]
    public void ASingularLeadingBlockIsNoHarm(double centre)
    {
        // Three lines a block.
        var shape = ConvShape.Same(1, 1, 18, 16, 3);
        double[] w = [0, 2, 0, 0, centre, 0, 0, 3, 0];
        Assert.False(BlocksAreAccurate(shape, w));
        long before = ConvDeterminant<double>.Fallbacks;
        Results exact = Dense(shape, w), found = Convolution(shape, w);
        Assert.True(ConvDeterminant<double>.Fallbacks > before);
        // Sixteen columns, each with nine pairs of rows.
        Equal([144 * Math.Log(6)], found.Value, 1e-12);
        Equal(exact.Gradient, found.Gradient, 1e-12);
        Equal(exact.X, found.X, 1e-12);
        Equal(exact.Dw, found.Dw, 1e-12);
    }

    [Fact]
    public void BlocksThatGrowAreNotTrusted()
    {
        // Without a dominant tap elimination by blocks leaves a backward error of many rounding errors for some of these, and the band serves.
        int fallbacks = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            var shape = ConvShape.Same(6, 6, 9, 8, 3);
            double[] w = Weight(shape, 1, 0, seed);
            if (!BlocksAreAccurate(shape, w)) fallbacks++;
            Results exact = Dense(shape, w), found = Convolution(shape, w);
            Equal(exact.Value, found.Value, 1e-11);
            Equal(exact.Gradient, found.Gradient, 1e-8);
        }
        Assert.InRange(fallbacks, 1, 11);
    }

    // The eigenvalues of a symmetric five-point kernel are centre + 2 a cos(...) + 2 b cos(...): one of them is made as small as wanted.
    [Theory]
    [InlineData(1e-2)]
    [InlineData(1e-5)]
    [InlineData(1e-8)]
    public void NearlySingularMatricesHaveTheDeterminantOfTheirEigenvalues(double smallest)
    {
        const int Height = 6, Width = 9;
        const double A = 0.7, B = 0.4;
        var shape = ConvShape.Same(1, 1, Height, Width, 3);
        double centre = smallest - (2 * A * Math.Cos(2 * Math.PI / (Height + 1))) - (2 * B * Math.Cos(Math.PI / (Width + 1)));
        double sum = 0, derivative = 0;
        for (int i = 1; i <= Height; i++)
            for (int j = 1; j <= Width; j++)
            {
                double eigenvalue = centre + (2 * A * Math.Cos(i * Math.PI / (Height + 1))) + (2 * B * Math.Cos(j * Math.PI / (Width + 1)));
                sum += Math.Log(Math.Abs(eigenvalue));
                derivative += 1 / eigenvalue;
            }
        Results found = Convolution(shape, [0, A, 0, B, centre, B, 0, A, 0]);
        // The smallest eigenvalue is known to the rounding of the taps.
        double relative = 1e-14 / smallest;
        Assert.InRange(found.Value[0], sum - relative - 1e-12, sum + relative + 1e-12);
        Assert.InRange(found.Gradient[4] / derivative, 1 - relative - 1e-12, 1 + relative + 1e-12);
    }

    [Fact]
    public void ASingularMatrixIsSeen()
    {
        var shape = ConvShape.Same(1, 1, 3, 4, 3);
        foreach (IBackend<double> backend in (ReadOnlySpan<IBackend<double>>)[new SimdBackend<double>(1), new ReferenceBackend<double>()])
            using (backend)
            {
                using var tape = new Tape<double>(backend);
                // Up and down only, three rows: the middle row of T appears twice.
                Var w = tape.Input([0, 1, 0, 0, 0, 0, 0, 1, 0], 1, 9, needsGrad: true), y = tape.ConvLogAbsDet(w, shape);
                Assert.Equal(double.NegativeInfinity, tape.Scalar(y));
                Assert.Throws<SingularMatrixException>(() => tape.Backward(y));
                Assert.Throws<SingularMatrixException>(() => tape.ConvSolve(w, tape.Constant(1, 2, 12), shape));
                Var probed = tape.ConvLogAbsDetProbes(w, shape, 2, 0, 0);
                Assert.Equal(double.NegativeInfinity, tape.Scalar(probed));
                Assert.Throws<SingularMatrixException>(() => tape.Backward(probed));
            }
    }

    [Theory]
    [InlineData(1, 28)]
    [InlineData(4, 14)]
    [InlineData(16, 7)]
    public void FloatAgreesWithDouble(int channels, int side)
    {
        var shape = ConvShape.Same(channels, channels, side, side, 3);
        float[] w = [.. Weight(shape, 1, 2).Select(v => (float)v)];
        (double[] value, double[] gradient) = Determinant<double>(shape, [.. w.Select(v => (double)v)], 1);
        (float[] value32, float[] gradient32) = Determinant<float>(shape, w, 1);
        Equal(value, [.. value32.Select(v => (double)v)], 1e-6);
        Equal(gradient, [.. gradient32.Select(v => (double)v)], 1e-5);
    }

    [Fact]
    public void ThreadsDoNotChangeABit()
    {
        var shape = ConvShape.Same(16, 16, 7, 7, 3);
        float[] w = [.. Weight(shape, 1, 2).Select(v => (float)v)];
        (float[] value, float[] gradient) = Determinant<float>(shape, w, 1);
        (float[] value2, float[] gradient2) = Determinant<float>(shape, w, 2);
        Assert.Equal(value, value2);
        Assert.Equal(gradient, gradient2);
    }

    [Fact]
    public void ARowOfASolveDoesNotDependOnTheOthers()
    {
        var shape = ConvShape.Same(3, 3, 5, 6, 3);
        var random = new Random(2);
        double[] w = Weight(shape, 1, 3), z = [.. Enumerable.Range(0, 5 * shape.InLength).Select(_ => InputSpec.Gaussian(random))];
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input(w, 3, shape.WeightColumns);
        double[] all = Read(tape, tape.ValueOf(tape.ConvSolve(weight, tape.Input(z, 5, shape.InLength), shape)));
        for (int i = 0; i < 5; i++)
        {
            Var one = tape.ConvSolve(weight, tape.Input(z.AsSpan(i * shape.InLength, shape.InLength), 1, shape.InLength), shape);
            Equal(all.AsSpan(i * shape.InLength, shape.InLength).ToArray(), Read(tape, tape.ValueOf(one)), 1e-14);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void FixturesOfTheExactConvolution(int number)
    {
        Fixture fixture = Fixture.Load($"conv/kxk_exact_{number}");
        int[] size = fixture.Shape("x");
        var shape = ConvShape.Same(size[1], size[1], size[2], size[3], fixture.Shape("weight")[2]);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var x = tape.Input(fixture["x"], size[0], shape.InLength), weight = tape.Input(fixture["weight"], size[1], shape.WeightColumns, needsGrad: true);
        Var logAbsDet = tape.ConvLogAbsDet(weight, shape), z = tape.Conv2d(x, weight, shape);
        Assert.Equal(fixture["log_abs_det"][0], tape.Scalar(logAbsDet), fixture.Rtol);
        Var loss = tape.Add(tape.Scale(logAbsDet, fixture["ct.log_abs_det"].Sum()), tape.Sum(tape.Multiply(z, tape.Input(fixture["ct.z"], size[0], shape.OutLength))));
        tape.Backward(loss);
        fixture.AssertClose("grad.weight", Read(tape, tape.GradOf(weight)));
        double[] withoutBias = [.. fixture["z"].Select((value, i) => value - fixture["bias"][i / shape.Pixels % size[1]])];
        Var back = tape.ConvSolve(weight, tape.Input(withoutBias, size[0], shape.OutLength), shape);
        fixture.AssertClose("x_rec", Read(tape, tape.ValueOf(back)));
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

    // Long images and weak neighbours: elimination and the sweep back both arrive before the end and copy the rest.
    [Theory]
    [InlineData(1, 120, 4, 0.02, false)]
    [InlineData(1, 121, 5, 0.02, true)]
    [InlineData(3, 70, 5, 0.01, true)]
    public void WhereBlocksSettleTheDenseMatrixIsStillMet(int channels, int height, int width, double noise, bool lastIsSmaller)
    {
        var shape = ConvShape.Same(channels, channels, height, width, 3);
        var blocks = new ConvBlocks(shape);
        Assert.Equal(lastIsSmaller, blocks.OrderOf(blocks.Count - 1) < blocks.Order);
        var random = new Random(4);
        double[] w = [.. Enumerable.Range(0, shape.WeightLength).Select(_ => noise * InputSpec.Gaussian(random))];
        for (int c = 0; c < channels; c++) w[(((c * channels) + c) * 9) + 4] += 1;
        Assert.InRange(Settled(blocks, w), 1, blocks.Count - 4);
        Results exact = Dense(shape, w), found = Convolution(shape, w);
        Equal(exact.Value, found.Value, 1e-12);
        Equal(exact.Gradient, found.Gradient, 1e-12);
    }

    private static unsafe int Settled(in ConvBlocks blocks, double[] w)
    {
        double[] kept = new double[ConvBlockLu<double>.KeptLength(blocks)], work = new double[ConvBlockLu<double>.WorkLength(blocks)];
        fixed (double* k = kept, p = work)
        {
            Assert.True(ConvBlockLu<double>.Factor(blocks, w, k, p, out _, out int settled, null));
            return settled;
        }
    }

    private static unsafe bool BlocksAreAccurate(ConvShape shape, double[] w)
    {
        var blocks = new ConvBlocks(shape);
        double[] kept = new double[ConvBlockLu<double>.KeptLength(blocks)], work = new double[ConvBlockLu<double>.WorkLength(blocks)];
        fixed (double* k = kept, p = work) return ConvBlockLu<double>.Factor(blocks, w, k, p, out _, out _, null);
    }

    private static (T[] Value, T[] Gradient) Determinant<T>(ConvShape shape, T[] w, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(threads);
        using var tape = new Tape<T>(backend);
        Var weight = tape.Input(w, shape.OutChannels, shape.WeightColumns, needsGrad: true), y = tape.ConvLogAbsDet(weight, shape);
        tape.Backward(y);
        T[] gradient = new T[w.Length];
        tape.ReadGrad(weight, gradient);
        return ([tape.Scalar(y)], gradient);
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
