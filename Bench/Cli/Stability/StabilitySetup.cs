using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>A density that is known exactly, where a flow is to be trained on it, and points far from it.</summary>
internal sealed record StabilitySetup
{
    private const int GaussianDimension = 16;
    private const double Decades = 6;

    // Streams of the numbers drawn under a run's seed.
    private const ulong TrainStream = 0, TestStream = 1 << 40;

    private static readonly Checkerboard s_board = new();

    // Of the Gaussian: x = A n, and the rows of A^-1.
    private readonly double[]? _factor;
    private readonly double[]? _inverse;
    private readonly double _logNormalizer;

    private StabilitySetup(string name, int dimension, int couplings, int steps, int testRows, double best, double[]? factor = null, double[]? inverse = null)
    {
        (Name, Dimension, Couplings, Steps, TestRows, Best, _factor, _inverse) = (name, dimension, couplings, steps, testRows, best, factor, inverse);
        _logNormalizer = best + (dimension / 2.0);
    }

    public string Name { get; }

    public int Dimension { get; }

    public int Couplings { get; }

    public int[] Hidden { get; } = [64, 64];

    public int Batch => 200;

    public int Steps { get; }

    public int TestRows { get; }

    /// <summary>LL*, the expected log-density under the truth: the best that any model can have.</summary>
    public double Best { get; }

    /// <summary>Far points along a side of their grid, where they are a grid.</summary>
    public int GridSide { get; init; } = 100;

    /// <summary>Points whose Jacobians are looked at, near and far.</summary>
    public int JacobianPoints { get; init; } = 200;

    /// <summary>Test rows that are attacked.</summary>
    public int AttackRows { get; init; } = 32;

    /// <summary>Steps of the attack, and random points of every ball.</summary>
    public int AttackSteps { get; init; } = 200;

    /// <summary>Whether couplings move more than one feature, so that keeping a coupling's volume leaves it a scale.</summary>
    public bool HasVolume => Dimension > 2;

    /// <summary>Where the far points lie, in words.</summary>
    public string Far => _factor is null ? "the grid [-20, 20]^2" : "10 x the test rows";

    /// <summary>Zero-mean Gaussian, covariance eigenvalues 1 to 1e-6 in equal ratios, rotated.</summary>
    public static StabilitySetup Gaussian(int steps, int testRows)
    {
        const int D = GaussianDimension;
        double[] random = new double[D * D], u = new double[D * D], s = new double[D], v = new double[D * D], factor = new double[D * D], inverse = new double[D * D];
        RandomFill.Gaussian<double>(SeedMix.Of(16, 6), 0, 0, random);
        Svd.Decompose<double>(random, D, D, u, s, v);
        double logDet = 0;
        for (int j = 0; j < D; j++)
        {
            double deviation = Math.Pow(10, -Decades * j / (D - 1) / 2);
            logDet += Math.Log(deviation);
            for (int i = 0; i < D; i++) (factor[(i * D) + j], inverse[(j * D) + i]) = (u[(i * D) + j] * deviation, u[(i * D) + j] / deviation);
        }

        return new StabilitySetup("Gaussian, D = 16, eigenvalues 1 to 1e-6", D, 8, steps, testRows, -(D / 2.0 * Math.Log(2 * Math.PI * Math.E)) - logDet, factor, inverse);
    }

    /// <summary>The checkerboard over [-4, 4]^2.</summary>
    public static StabilitySetup Checkerboard(int steps, int testRows) => new("checkerboard, D = 2", 2, 16, steps, testRows, -s_board.Entropy);

    /// <summary>The same with few points to measure at: to see that it works.</summary>
    public StabilitySetup Cheap() => this with { GridSide = 20, JacobianPoints = 20, AttackRows = 4, AttackSteps = 10 };

    /// <summary>The rows of a training step, a function of (seed, step).</summary>
    public void Train(ulong seed, int step, double[] normal, float[] rows) => Round(Sample(seed, TrainStream + (ulong)step, normal, Batch), rows);

    /// <summary>The test rows, the same for every arm of a seed.</summary>
    public double[] Test(ulong seed) => Sample(seed, TestStream, new double[TestRows * Dimension], TestRows);

    /// <summary>Points that the model has not seen the like of.</summary>
    public double[] FarPoints(double[] test)
    {
        if (_factor is not null) return Array.ConvertAll(test, v => 10 * v);
        int side = GridSide;
        var grid = new double[2 * side * side];
        for (int i = 0; i < side * side; i++)
            (grid[2 * i], grid[(2 * i) + 1]) = (-20 + (40.0 * (i % side) / (side - 1)), -20 + (40.0 * (i / side) / (side - 1)));
        return grid;
    }

    /// <summary>Log-density of the truth.</summary>
    public double LogDensity(ReadOnlySpan<double> x)
    {
        if (_inverse is null) return s_board.LogDensity(x[0], x[1]);
        double square = 0;
        for (int j = 0; j < Dimension; j++)
        {
            double n = 0;
            for (int i = 0; i < Dimension; i++) n += _inverse[(j * Dimension) + i] * x[i];
            square += n * n;
        }

        return _logNormalizer - (square / 2);
    }

    private double[] Sample(ulong seed, ulong stream, double[] scratch, int rows)
    {
        if (_factor is null) return Toys.Sample(s_board, rows, seed, stream);
        RandomFill.Gaussian(SeedMix.Of(seed, 3), stream, 0, scratch.AsSpan());
        var x = new double[rows * Dimension];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < Dimension; i++)
                for (int j = 0; j < Dimension; j++) x[(r * Dimension) + i] += _factor[(i * Dimension) + j] * scratch[(r * Dimension) + j];
        return x;
    }

    private static void Round(double[] from, float[] to)
    {
        for (int i = 0; i < to.Length; i++) to[i] = (float)from[i];
    }
}
