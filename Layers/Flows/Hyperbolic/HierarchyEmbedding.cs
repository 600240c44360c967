using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Places the nodes of a hierarchy in hyperbolic space such that related ones are nearer to each other than to the rest.</summary>
/// <remarks>
/// Loss of a related pair (u, v) with unrelated nodes N drawn uniformly: d(u, v) + log(sum over w in N and v of exp(-d(u, w))).
/// Riemannian gradient descent, every point along its geodesic. Source: Nickel and Kiela, "Poincare embeddings for learning hierarchical
/// representations" (2017), and "Learning continuous hierarchies in the Lorentz model" (2018). The same seed gives the same bits.
/// </remarks>
public sealed class HierarchyEmbedding
{
    private const double Start = 1e-3;
    private readonly EmbeddingOptions _options;
    private readonly (int From, int To)[] _edges;
    private readonly HashSet<long> _related = [];
    private readonly int _nodes;
    private readonly int[] _order, _touched, _slot;
    private readonly double[] _points, _gradient, _candidates;
    private readonly RiemannianSgd _optimizer;

    /// <summary>Starts near the origin.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="edges">Related pairs (u, v); a relation that holds both ways is given both ways.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="BadInputException">A setting is out of range, or an edge names a node that is not there.</exception>
    public HierarchyEmbedding(int nodes, IReadOnlyList<(int From, int To)> edges, EmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Dimension < 2) throw new BadInputException($"The dimension of an embedding is {options.Dimension}; expected 2 or more: a line has no room for a tree.");
        if (options.Negatives < 1 || options.Batch < 1 || options.BurnIn < 0) throw new BadInputException($"The embedding has {options.Negatives} negatives, batches of {options.Batch} and {options.BurnIn} epochs of burn-in; expected at least 1, 1 and 0.");
        if (!(options.LearningRate > 0) || !double.IsFinite(options.LearningRate)) throw new BadInputException($"The learning rate of an embedding is {options.LearningRate}; expected a number above 0.");
        HyperbolicPoints.Check(options.Radius);
        foreach ((int from, int to) in edges)
        {
            if ((uint)from >= (uint)nodes || (uint)to >= (uint)nodes || from == to) throw new BadInputException($"The edge ({from}, {to}) does not join two of the {nodes} nodes; nodes are numbered from 0, and self-loops say nothing.");
            _related.Add((long)from * nodes + to);
        }

        (_nodes, _edges, _options) = (nodes, [.. edges], options);
        int n = options.Dimension, most = Math.Min(nodes, options.Batch * (options.Negatives + 2));
        _order = new int[_edges.Length];
        _points = new double[nodes * n];
        RandomFill.Uniform<double>(SeedMix.Of(options.Seed, 0), 0, 0, _points);
        for (int i = 0; i < _points.Length; i++) _points[i] = Start * options.Radius * (2 * _points[i] - 1);
        _touched = new int[most];
        _slot = new int[nodes];
        Array.Fill(_slot, -1);
        _gradient = new double[most * n];
        _candidates = new double[2 * options.Negatives];
        _optimizer = new RiemannianSgd(nodes, n, options.Radius);
    }

    /// <summary>Spatial coordinates [nodes x dimension].</summary>
    public ReadOnlySpan<double> Points => _points;

    /// <summary>Epochs that were finished.</summary>
    public int Epochs { get; private set; }

    /// <summary>One pass over all related pairs in a new order; the mean loss a pair, each before its step. Cost O(edges x negatives x n).</summary>
    /// <param name="cancellation">Looked at between batches; a pass that it ends does not count.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the points hold the steps made.</exception>
    public double Epoch(CancellationToken cancellation = default)
    {
        for (int i = 0; i < _order.Length; i++) _order[i] = i;
        RandomFill.Shuffle(SeedMix.Of(_options.Seed, 1), (ulong)Epochs, _order);
        double rate = Epochs < _options.BurnIn ? 0.1 * _options.LearningRate : _options.LearningRate, loss = 0;
        for (int first = 0; first < _order.Length; first += _options.Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            int touched = 0;
            for (int k = first; k < Math.Min(first + _options.Batch, _order.Length); k++) loss += Pair(_edges[_order[k]], (ulong)k, ref touched);
            Step(touched, rate);
        }

        Epochs++;
        return loss / _order.Length;
    }

    /// <summary>Mean rank and mean average precision of the reconstruction, over all pairs.</summary>
    public EmbeddingScore Score() => EmbeddingScore.Of(_points, _options.Dimension, _options.Radius, _edges);

    private double Pair((int From, int To) edge, ulong index, ref int touched)
    {
        int n = _options.Dimension, wanted = _options.Negatives;
        Span<int> others = wanted < 256 ? stackalloc int[wanted + 1] : new int[wanted + 1];
        int count = Choose(edge, index, others);
        Span<double> distances = wanted < 256 ? stackalloc double[count] : new double[count];
        ReadOnlySpan<double> u = Point(edge.From);
        for (int j = 0; j < count; j++) distances[j] = HyperbolicPoints.Distance(u, Point(others[j]), _options.Radius);
        double least = double.PositiveInfinity, sum = 0;
        foreach (double d in distances) least = Math.Min(least, d);
        foreach (double d in distances) sum += Math.Exp(least - d);
        Span<double> v = n <= 64 ? stackalloc double[n] : new double[n];
        for (int j = 0; j < count; j++)
        {
            double weight = (j == 0 ? 1 : 0) - Math.Exp(least - distances[j]) / sum;
            AddPull(edge.From, others[j], weight, v, ref touched);
            AddPull(others[j], edge.From, weight, v, ref touched);
        }

        return distances[0] - least + Math.Log(sum);
    }

    // First the related node, then unrelated ones; nodes with few of these get fewer.
    private int Choose((int From, int To) edge, ulong index, Span<int> others)
    {
        others[0] = edge.To;
        int count = 1;
        RandomFill.Uniform<double>(SeedMix.Of(_options.Seed, 2), (ulong)Epochs, index * (ulong)_candidates.Length, _candidates);
        for (int i = 0; i < _candidates.Length && count < others.Length; i++)
        {
            int node = (int)(_candidates[i] * _nodes);
            if (node != edge.From && !_related.Contains((long)edge.From * _nodes + node)) others[count++] = node;
        }

        return count;
    }

    // The gradient of the distance at x is the unit vector away from y; points on each other have none.
    private void AddPull(int x, int y, double weight, Span<double> v, ref int touched)
    {
        HyperbolicPoints.Translate(Point(x), Point(y), _options.Radius, v, back: true);
        double length = Math.Sqrt(HyperbolicPoints.Dot(v, v));
        if (_slot[x] < 0)
        {
            _slot[x] = touched;
            _gradient.AsSpan(touched * v.Length, v.Length).Clear();
            _touched[touched++] = x;
        }

        if (length == 0) return;
        Span<double> gradient = _gradient.AsSpan(_slot[x] * v.Length, v.Length);
        for (int i = 0; i < v.Length; i++) gradient[i] -= weight / length * v[i];
    }

    private void Step(int touched, double rate)
    {
        int n = _options.Dimension;
        for (int i = 0; i < touched; i++)
        {
            int node = _touched[i];
            _slot[node] = -1;
            _optimizer.StepRow(node, _points.AsSpan(node * n, n), _gradient.AsSpan(i * n, n), rate);
        }
    }

    private ReadOnlySpan<double> Point(int node) => _points.AsSpan(node * _options.Dimension, _options.Dimension);
}
