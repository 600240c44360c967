using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Laplace sources mixed by two matrices with a smooth leaky ReLU (slope 0.1) between, x = M2 s(M1 s0), every column then brought to mean 0 and
/// variance 1 over the training rows: a problem whose difficulty is the condition number COND of M2 = U diag(sigma) V^T, with random
/// orthogonal U and V and singular values spaced evenly in the logarithm from 1 to 1/COND. M1 is random and orthogonal.
/// </summary>
/// <remarks>Cost: three or four QR factorisations of D x D and 4 rows D^2 flops. The same name gives the same numbers on one machine; processors of other vector widths round differently.</remarks>
public static class LaplaceMixing
{
    /// <summary>What a data set's name begins with.</summary>
    public const string Prefix = "mixing:";

    /// <summary>What a name looks like.</summary>
    public const string Grammar = "mixing:COND[:ROWS[:SEED[:DIM]]]";

    /// <summary>Training rows when nothing is said.</summary>
    public const int DefaultRows = 20_000;

    /// <summary>Features when nothing is said.</summary>
    public const int DefaultDimension = 64;

    private const double Slope = 0.1;

    /// <summary>Whether a data set's name asks for mixed sources.</summary>
    public static bool IsMixing(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The same name with another number of features, written out in full.</summary>
    /// <exception cref="BadInputException">The name is not understood.</exception>
    public static string WithDimension(string name, int dimension)
    {
        (double condition, int rows, ulong seed, _) = Parse(name);
        return FormattableString.Invariant($"{Prefix}{condition:R}:{rows}:{seed}:{dimension}");
    }

    /// <summary>Features of the set of that name.</summary>
    /// <exception cref="BadInputException">The name is not understood.</exception>
    public static int DimensionOf(string name) => Parse(name).Dimension;

    /// <summary>Opens <c>mixing:COND[:ROWS[:SEED[:DIM]]]</c>: ROWS training rows (20 000), an eighth of that for validation, a quarter for the test; DIM features (64).</summary>
    /// <exception cref="BadInputException">A number is missing or out of range.</exception>
    public static DataSet Open(string name)
    {
        (double condition, int rows, ulong seed, int d) = Parse(name);
        int validation = rows / 8, test = rows / 4;
        Table.CheckedCount(name, rows, d);
        double[] first = Matrix(d, 1, SeedMix.Of(seed, 1)), second = Matrix(d, condition, SeedMix.Of(seed, 2));
        double[] train = Draw(rows, 0), valid = Draw(validation, 1), held = Draw(test, 2);
        (double[] mean, double[] deviation) = Moments(train, d);
        foreach (double[] part in (ReadOnlySpan<double[]>)[train, valid, held])
            for (int i = 0; i < part.Length; i++) part[i] = (part[i] - mean[i % d]) / deviation[i % d];
        return new DataSet(name, Table.FromDoubles(name, rows, d, train), Table.FromDoubles(name, validation, d, valid), Table.FromDoubles(name, test, d, held));

        double[] Draw(int count, ulong stream) => Mix(Sources(count * d, SeedMix.Of(seed, 0), stream), first, second, d);
    }

    private static (double Condition, int Rows, ulong Seed, int Dimension) Parse(string name)
    {
        string[] parts = name[Prefix.Length..].Split(':');
        if (parts.Length > 4) throw new BadInputException($"{name}: expected {Grammar}, such as mixing:10 or mixing:1000:20000:0:196.");
        if (!double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double condition) || !(condition >= 1 && condition <= 1e12))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[0])} is no condition number; expected a number from 1 to 1e12, such as mixing:10.");
        int rows = DefaultRows, dimension = DefaultDimension;
        ulong seed = 0;
        if (parts.Length > 1 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out rows) || rows is < 16 or > 10_000_000))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[1])} is no number of training rows; expected a whole number from 16 to 10000000.");
        if (parts.Length > 2 && !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out seed))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[2])} is no seed; expected a whole number.");
        if (parts.Length > 3 && (!int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out dimension) || dimension is < 1 or > 8192))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[3])} is no number of features; expected a whole number from 1 to 8192.");
        return (condition, rows, seed, dimension);
    }

    // Density exp(-sqrt(2)|s|)/sqrt(2), of variance 1. The uniform numbers have 53 bits and include 0, whose logarithm must stay finite.
    private static double[] Sources(int count, ulong key, ulong stream)
    {
        var s = new double[count];
        RandomFill.Uniform<double>(key, stream, 0, s);
        for (int i = 0; i < count; i++)
        {
            double u = s[i] - 0.5;
            s[i] = -Math.Sign(u) * Math.Log(Math.Max(1 - (2 * Math.Abs(u)), 1.0 / (1L << 54))) / Math.Sqrt(2);
        }

        return s;
    }

    private static double[] Matrix(int d, double condition, ulong key)
    {
        double[] u = Orthogonal(d, SeedMix.Of(key, 1)), v = Orthogonal(d, SeedMix.Of(key, 2));
        for (int i = 0; i < d * d; i++) u[i] *= d == 1 ? 1 : Math.Pow(condition, -(i % d) / (d - 1.0));
        return Product(u, v, d, d);
    }

    // Q of a Gaussian matrix with R's diagonal positive is uniform over the orthogonal group.
    private static double[] Orthogonal(int d, ulong key)
    {
        double[] gaussian = new double[d * d], q = new double[d * d], r = new double[d * d];
        RandomFill.Gaussian<double>(key, 0, 0, gaussian);
        Qr.Factor<double>(gaussian, d, d, q, r);
        return q;
    }

    private static double[] Mix(double[] sources, double[] first, double[] second, int d)
    {
        double[] h = Product(sources, first, sources.Length / d, d);
        for (int i = 0; i < h.Length; i++) h[i] = (Slope * h[i]) + ((1 - Slope) * (Math.Max(h[i], 0) + Math.Log(1 + Math.Exp(-Math.Abs(h[i])))));
        return Product(h, second, sources.Length / d, d);
    }

    /// <summary>A B^T for A [rows x d] and B [d x d].</summary>
    private static double[] Product(double[] a, double[] b, int rows, int d)
    {
        using var backend = new SimdBackend<double>(1);
        Slice left = backend.Allocate(a.Length), right = backend.Allocate(b.Length), result = backend.Allocate(a.Length);
        backend.Write(a, left);
        backend.Write(b, right);
        backend.Gemm(new GemmArgs(rows, d, d, left, right, result) { TransposeB = true });
        var c = new double[a.Length];
        backend.Read(result, c);
        return c;
    }

    private static (double[] Mean, double[] Deviation) Moments(double[] x, int d)
    {
        double[] mean = new double[d], deviation = new double[d];
        int rows = x.Length / d;
        for (int i = 0; i < x.Length; i++) mean[i % d] += x[i] / rows;
        for (int i = 0; i < x.Length; i++) deviation[i % d] += (x[i] - mean[i % d]) * (x[i] - mean[i % d]) / rows;
        for (int j = 0; j < d; j++) deviation[j] = Math.Sqrt(deviation[j]);
        return (mean, deviation);
    }
}
