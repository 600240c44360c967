using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// The branching diffusion process: a complete binary tree of 63 nodes numbered breadth first, the root at 0 in 50 dimensions, every child at
/// its parent + N(0, I); of every node five noisy copies of variance 0.1, 315 points. Every dimension is brought to mean 0 and variance 1 over
/// all points, as in the published experiment; 220 train, 95 test.
/// </summary>
/// <remarks>
/// The published split is over the copies, so that every cluster of the test is in training as well: it measures how well 63 clusters are
/// remembered. <c>bdp-heldout</c> splits the nodes instead, 44 for training and 19 for the test. The published set has no validation rows; here they
/// are one further copy of each node that may be trained on, never a part of the 315. Random numbers by Philox: the same name gives the same bits.
/// Sources: Mathieu et al. 2019; Bose et al. 2020.
/// </remarks>
public sealed class BranchingDiffusion
{
    /// <summary>What a name looks like.</summary>
    public const string Grammar = "bdp[:SEED[:COPIES]] or bdp-heldout[:SEED[:COPIES]]";

    /// <summary>Nodes of the tree.</summary>
    public const int Nodes = 63;

    /// <summary>Features.</summary>
    public const int Dimension = 50;

    /// <summary>Copies of a node when nothing is said.</summary>
    public const int DefaultCopies = 5;

    private const string Plain = "bdp";
    private const string HeldOut = "bdp-heldout";
    private const double NoiseVariance = 0.1;
    private const int MostCopies = 10_000;

    private readonly double[] _centres = new double[Nodes * Dimension];
    private readonly int[] _clusters, _trainClusters, _testClusters;

    private BranchingDiffusion(string name, bool heldOut, ulong seed, int copies)
    {
        RandomFill.Gaussian<double>(SeedMix.Of(seed, 0), 0, 0, _centres);
        Array.Clear(_centres, 0, Dimension);
        for (int i = Dimension; i < _centres.Length; i++) _centres[i] += _centres[(((i / Dimension) - 1) / 2 * Dimension) + (i % Dimension)];

        int rows = Nodes * copies, train = heldOut ? Nodes * 7 / 10 * copies : rows * 7 / 10;
        double[] points = Copies(copies, SeedMix.Of(seed, 1)), further = Copies(1, SeedMix.Of(seed, 2));
        Standardize(points, further);

        // The order of all points by chance, then the first seven tenths; held out, the order of the nodes.
        int[] order = [.. Enumerable.Range(0, heldOut ? Nodes : rows)];
        RandomFill.Shuffle(SeedMix.Of(seed, 3), 0, order);
        if (heldOut) order = [.. order.SelectMany(node => Enumerable.Range(node * copies, copies))];
        int[] trainRows = order[..train], testRows = order[train..];
        Array.Sort(trainRows);
        Array.Sort(testRows);
        _trainClusters = [.. trainRows.Select(r => r / copies)];
        _testClusters = [.. testRows.Select(r => r / copies)];
        All = Table.FromDoubles(name, rows, Dimension, points);
        _clusters = [.. Enumerable.Range(0, rows).Select(r => r / copies)];
        int[] validation = heldOut ? [.. _trainClusters.Distinct()] : [.. Enumerable.Range(0, Nodes)];
        Data = new DataSet(name, All.Select(trainRows), Table.FromDoubles(name, Nodes, Dimension, further).Select(validation), All.Select(testRows));
    }

    /// <summary>The rows.</summary>
    public DataSet Data { get; }

    /// <summary>Where the nodes lie, in the units of the rows [63 x 50].</summary>
    public ReadOnlySpan<double> Centres => _centres;

    /// <summary>All points in the order of the nodes.</summary>
    public Table All { get; }

    /// <summary>The node of every row of <see cref="All"/>.</summary>
    public ReadOnlySpan<int> Clusters => _clusters;

    /// <summary>The node of every training row.</summary>
    public ReadOnlySpan<int> TrainClusters => _trainClusters;

    /// <summary>The node of every test row.</summary>
    public ReadOnlySpan<int> TestClusters => _testClusters;

    /// <summary>Whether a data set's name asks for the process.</summary>
    public static bool IsBranching(string name) => name is Plain or HeldOut || name.StartsWith(Plain + ":", StringComparison.Ordinal) || name.StartsWith(HeldOut + ":", StringComparison.Ordinal);

    /// <summary>Makes the set of a name, such as <c>bdp</c>, <c>bdp:3</c> or <c>bdp-heldout:0:20</c>.</summary>
    /// <exception cref="BadInputException">The name is not understood.</exception>
    public static BranchingDiffusion Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = name.Split(':');
        if (!IsBranching(name) || parts.Length > 3) throw new BadInputException($"{name}: expected {Grammar}, such as bdp:1.");
        ulong seed = 0;
        int copies = DefaultCopies;
        if (parts.Length > 1 && !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out seed))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[1])} is no seed; expected a whole number, such as bdp:1.");
        if (parts.Length > 2 && (!int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out copies) || copies is < 2 or > MostCopies))
            throw new BadInputException($"{name}: {BadInputException.Quote(parts[2])} is no number of copies; expected a whole number from 2 to {MostCopies}.");
        return new BranchingDiffusion(name, parts[0] == HeldOut, seed, copies);
    }

    private double[] Copies(int copies, ulong key)
    {
        double[] points = new double[Nodes * copies * Dimension];
        RandomFill.Gaussian<double>(key, 0, 0, points);
        double deviation = Math.Sqrt(NoiseVariance);
        for (int i = 0; i < points.Length; i++) points[i] = (points[i] * deviation) + _centres[(i / Dimension / copies * Dimension) + (i % Dimension)];
        return points;
    }

    private void Standardize(double[] points, double[] further)
    {
        int rows = points.Length / Dimension;
        for (int d = 0; d < Dimension; d++)
        {
            double mean = 0, variance = 0;
            for (int r = 0; r < rows; r++) mean += points[(r * Dimension) + d] / rows;
            for (int r = 0; r < rows; r++) variance += (points[(r * Dimension) + d] - mean) * (points[(r * Dimension) + d] - mean) / rows;
            double deviation = Math.Sqrt(variance);
            foreach (double[] part in (ReadOnlySpan<double[]>)[points, further, _centres])
                for (int i = d; i < part.Length; i += Dimension) part[i] = (part[i] - mean) / deviation;
        }
    }
}
