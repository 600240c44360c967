using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A simulated epidemic as a tree: who met whom, from the first case on. A stand-in for the disease trees of the literature, whose files carry no licence.
/// </summary>
/// <remarks>
/// Cases are followed breadth first. One who falls ill meets 3 to 10 others, each of whom falls ill with probability 0.6; one who does not meets none to 2.
/// Features: five symptoms, N(1, 1) for the ill and N(0, 1) for the others, and three coordinates of the strain, which drifts by N(0, 1/4) a coordinate from one to the next.
/// </remarks>
public static class SpreadingTree
{
    /// <summary>Symptoms.</summary>
    public const int Symptoms = 5;

    /// <summary>Coordinates of the strain.</summary>
    public const int StrainCoordinates = 3;

    /// <summary>A tree of <paramref name="nodes"/> nodes with features [nodes x 8], a function of the seed.</summary>
    /// <exception cref="ArgumentException">There are no nodes, or too many.</exception>
    public static GraphData Generate(int nodes, ulong seed)
    {
        if (nodes is < 1 or > Graph.MaxNodes) throw new ArgumentException($"SpreadingTree: {nodes} nodes; there must be from 1 to {Graph.MaxNodes}.");
        PhiloxSequence random = new(seed, 0);
        var edges = new List<GraphEdge>();
        var ill = new bool[nodes];
        var parent = new int[nodes];
        ill[0] = true;
        int made = 1;
        for (int u = 0; u < nodes && made < nodes; u++)
        {
            int contacts = ill[u] ? 3 + (int)random.NextBelow(8) : (int)random.NextBelow(3);
            // The last one followed so far must go on, or the tree ends early.
            if (u == made - 1 && contacts == 0) contacts = 1;
            for (int k = 0; k < contacts && made < nodes; k++)
            {
                parent[made] = u;
                ill[made] = random.NextBelow(10) < 6;
                edges.Add(new GraphEdge(u, made++));
            }
        }

        const int Width = Symptoms + StrainCoordinates;
        var values = new double[nodes * Width];
        RandomFill.Gaussian<double>(seed, 1, 0, values);
        for (int u = 0; u < nodes; u++)
        {
            Span<double> row = values.AsSpan(u * Width, Width);
            if (ill[u])
                for (int j = 0; j < Symptoms; j++) row[j] += 1;
            for (int j = Symptoms; j < Width; j++) row[j] = u == 0 ? 0 : values[(parent[u] * Width) + j] + (0.5 * row[j]);
        }

        return new GraphData("spreading", Graph.FromEdges(nodes, edges.ToArray()), Table.FromDoubles("spreading", nodes, Width, values), 0);
    }
}
