namespace NativeFlow.Layers;

/// <summary>Adam for points on a hyperboloid: the mean of gradients is carried along by parallel transport, the mean of squares is one number a point.</summary>
/// <remarks>
/// m = beta1 m + (1 - beta1) g;  s = beta2 s + (1 - beta2) |g|^2;  x = exp_x(-lr m' / (sqrt(s') + eps)) with m' and s' free of the zeros that they began with.
/// One s a point, since the coordinates of a tangent vector have no meaning by themselves. Source: Becigneul and Ganea 2019, section 4.
/// </remarks>
public sealed class RiemannianAdam : IPointOptimizer
{
    private readonly PointState _state;
    private readonly double[] _squares;
    private readonly double _beta1, _beta2, _epsilon;

    /// <summary>Makes the optimiser of a table of points.</summary>
    public RiemannianAdam(int rows, int dimension, double radius, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        HyperbolicPoints.Check(radius);
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(beta1), $"RiemannianAdam: the constants are {beta1}, {beta2}, {epsilon}; expected two from 0 to below 1 and one above 0.");
        (_state, _squares, _beta1, _beta2, _epsilon) = (new PointState(nameof(RiemannianAdam), rows, dimension, radius), new double[rows], beta1, beta2, epsilon);
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <summary>m of every row, a tangent vector at its point.</summary>
    public ReadOnlySpan<double> Momentum => _state.Momentum;

    /// <inheritdoc/>
    public void Step(Span<double> points, ReadOnlySpan<double> gradients, double learningRate)
    {
        _state.Check(points, gradients, learningRate);
        Steps++;
        int n = _state.Dimension;
        double first = 1 - Math.Pow(_beta1, Steps), second = 1 - Math.Pow(_beta2, Steps);
        for (int r = 0; r < _state.Rows; r++)
        {
            Span<double> xs = points.Slice(r * n, n), m = _state.Momentum.AsSpan(r * n, n);
            ReadOnlySpan<double> g = _state.Gradient(xs, gradients.Slice(r * n, n));
            for (int i = 0; i < n; i++) m[i] = _beta1 * m[i] + (1 - _beta1) * g[i];
            _squares[r] = _beta2 * _squares[r] + (1 - _beta2) * HyperbolicPoints.Dot(g, g);
            _state.Move(r, xs, m, -learningRate / (first * (Math.Sqrt(_squares[r] / second) + _epsilon)), carry: true);
        }
    }
}
