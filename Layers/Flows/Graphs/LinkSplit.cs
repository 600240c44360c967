using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// The edges of a graph divided for link prediction: a share held out for validation and for test, each with as many pairs that are no edges, drawn uniformly.
/// A function of the graph and the seed. No pair is in two lists; no negative is an edge of the whole graph.
/// </summary>
public sealed class LinkSplit
{
    private LinkSplit(Graph train, GraphEdge[] validation, GraphEdge[] test, GraphEdge[] validationNegatives, GraphEdge[] testNegatives)
    {
        Train = train;
        Validation = validation;
        Test = test;
        ValidationNegatives = validationNegatives;
        TestNegatives = testNegatives;
    }

    /// <summary>The graph of the edges that are left: all that a model may see.</summary>
    public Graph Train { get; }

    /// <summary>Held-out edges for choosing.</summary>
    public IReadOnlyList<GraphEdge> Validation { get; }

    /// <summary>Held-out edges for reporting.</summary>
    public IReadOnlyList<GraphEdge> Test { get; }

    /// <summary>As many pairs that are no edges.</summary>
    public IReadOnlyList<GraphEdge> ValidationNegatives { get; }

    /// <summary>As many pairs that are no edges.</summary>
    public IReadOnlyList<GraphEdge> TestNegatives { get; }

    /// <summary>Divides by a seeded shuffle of the edges: the first share is validation, the next test, as in the code of HGCN (Chami et al. 2019).</summary>
    /// <param name="graph">The whole graph.</param>
    /// <param name="seed">Of the shuffle and the negatives.</param>
    /// <param name="validation">Share of the edges.</param>
    /// <param name="test">Share of the edges.</param>
    /// <exception cref="BadInputException">The graph is too small, or has too few pairs that are no edges.</exception>
    public static LinkSplit Of(Graph graph, ulong seed, double validation = 0.05, double test = 0.1)
    {
        ArgumentNullException.ThrowIfNull(graph);
        if (!(validation > 0 && test > 0 && validation + test < 1)) throw new ArgumentException($"LinkSplit: shares {validation} and {test} must be above 0 and below 1 together.");
        int edges = graph.Edges.Length, forValidation = (int)(edges * validation), forTest = (int)(edges * test);
        if (forValidation < 1 || forTest < 1) throw new BadInputException($"The graph has {edges} edges, too few to hold out {validation:P0} and {test:P0} of them; give a graph of at least {Math.Ceiling(1 / Math.Min(validation, test))} edges.");
        long others = ((long)graph.Nodes * (graph.Nodes - 1) / 2) - edges;
        if (others < 2L * (forValidation + forTest)) throw new BadInputException($"The graph of {graph.Nodes} nodes and {edges} edges has {others} pairs that are no edges, too few to hold out {forValidation + forTest}; give a sparser graph.");
        var order = new int[edges];
        for (int i = 0; i < edges; i++) order[i] = i;
        RandomFill.Shuffle(SeedMix.Of(seed, 0), 0, order);
        GraphEdge[] shuffled = new GraphEdge[edges];
        for (int i = 0; i < edges; i++) shuffled[i] = graph.Edges[order[i]];
        var negatives = new GraphEdge[forValidation + forTest];
        var seen = new HashSet<GraphEdge>();
        PhiloxSequence random = new(SeedMix.Of(seed, 1), 0);
        for (int i = 0; i < negatives.Length;)
        {
            var pair = new GraphEdge((int)random.NextBelow((uint)graph.Nodes), (int)random.NextBelow((uint)graph.Nodes));
            if (pair.U != pair.V && !graph.HasEdge(pair.U, pair.V) && seen.Add(pair.Ordered())) negatives[i++] = pair.Ordered();
        }

        int held = forValidation + forTest;
        return new LinkSplit(
            Graph.FromEdges(graph.Nodes, shuffled.AsSpan(held)), shuffled[..forValidation], shuffled[forValidation..held], negatives[..forValidation], negatives[forValidation..]);
    }
}
