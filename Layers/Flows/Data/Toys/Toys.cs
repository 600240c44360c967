using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The toy densities by name, and data sets drawn from them: <c>toy:NAME[:ROWS[:SEED]]</c>.</summary>
public static class Toys
{
    /// <summary>What a data set's name begins with.</summary>
    public const string Prefix = "toy:";

    /// <summary>Training rows when nothing is said.</summary>
    public const int DefaultRows = 10_000;

    /// <summary>Test rows, always: the standard error of a test likelihood is then near 0.01 nats.</summary>
    public const int TestRows = 10_000;

    /// <summary>Every toy, in alphabetical order.</summary>
    public static IReadOnlyList<IToyDensity> All { get; } = [new Checkerboard(), new EightGaussians(), new Checkerboard("hyperbolic-checkerboard", 1.5), new HyperbolicFiveGaussians(), new HyperbolicGaussian(), new Pinwheel(), new Rings(), new Spirals(), new TwoMoons()];

    /// <summary>Whether a data set's name asks for a toy.</summary>
    public static bool IsToy(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The toy of that name, without prefix.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public static IToyDensity Find(string name)
    {
        foreach (IToyDensity toy in All)
            if (toy.Name == name) return toy;
        throw new BadInputException($"There is no toy {BadInputException.Quote(name)}; there are {string.Join(", ", All.Select(t => t.Name))}.");
    }

    /// <summary>Draws <paramref name="count"/> points by (seed, stream), [count x 2] row-major. Point i is a function of (seed, stream, i) alone.</summary>
    public static double[] Sample(IToyDensity toy, int count, ulong seed, ulong stream)
    {
        double[] uniform = new double[2 * count], normal = new double[2 * count], points = new double[2 * count];
        RandomFill.Uniform<double>(SeedMix.Of(seed, 1), stream, 0, uniform);
        RandomFill.Gaussian<double>(SeedMix.Of(seed, 2), stream, 0, normal);
        for (int i = 0; i < points.Length; i += 2)
            (points[i], points[i + 1]) = toy.Point(uniform[i], uniform[i + 1], normal[i], normal[i + 1]);
        return points;
    }

    /// <summary>Opens <c>toy:NAME[:ROWS[:SEED]]</c>: ROWS training rows (10 000), a fifth of that for validation, always the same 10 000 for the test.</summary>
    /// <exception cref="BadInputException">No such toy, or a number is out of range.</exception>
    public static DataSet Open(string name)
    {
        string[] parts = name[Prefix.Length..].Split(':');
        if (parts.Length > 3) throw new BadInputException($"{name}: expected toy:NAME, toy:NAME:ROWS or toy:NAME:ROWS:SEED.");
        IToyDensity toy = Find(parts[0]);
        int rows = DefaultRows;
        ulong seed = 0;
        if (parts.Length > 1 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out rows) || rows is < 10 or > 10_000_000))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[1])} is no number of training rows; expected a whole number from 10 to 10000000.");
        if (parts.Length > 2 && !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out seed))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[2])} is no seed; expected a whole number.");
        Table Draw(int count, ulong stream) => Table.FromDoubles(Prefix + toy.Name, count, 2, Sample(toy, count, seed, stream), ["x", "y"]);
        return new DataSet(Prefix + toy.Name, Draw(rows, 0), Draw(rows / 5, 1), Draw(TestRows, 2)) { Toy = toy };
    }
}
