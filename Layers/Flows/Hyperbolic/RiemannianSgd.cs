namespace NativeFlow.Layers;

/// <summary>Gradient descent of points on a hyperboloid: b = momentum b + g, x = exp_x(-lr b), b carried along by parallel transport.</summary>
public sealed class RiemannianSgd : IPointOptimizer
{
    private readonly PointState _state;
    private readonly double _momentum;

    /// <summary>Makes the optimiser of a table of points.</summary>
    /// <param name="rows">Points.</param>
    /// <param name="dimension">n.</param>
    /// <param name="radius">R.</param>
    /// <param name="momentum">Share of b that is kept, from 0 to below 1.</param>
    public RiemannianSgd(int rows, int dimension, double radius, double momentum = 0)
    {
        HyperbolicPoints.Check(radius);
        if (!(momentum >= 0 && momentum < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), $"RiemannianSgd: the momentum is {momentum}; expected at least 0 and below 1.");
        (_state, _momentum) = (new PointState(nameof(RiemannianSgd), rows, dimension, radius), momentum);
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <summary>b of every row, a tangent vector at its point.</summary>
    public ReadOnlySpan<double> Momentum => _state.Momentum;

    /// <inheritdoc/>
    public void Step(Span<double> points, ReadOnlySpan<double> gradients, double learningRate)
    {
        _state.Check(points, gradients, learningRate);
        int n = _state.Dimension;
        for (int r = 0; r < _state.Rows; r++)
        {
            Span<double> xs = points.Slice(r * n, n);
            StepRow(r, xs, _state.Gradient(xs, gradients.Slice(r * n, n)), learningRate);
        }

        Steps++;
    }

    /// <summary>One step of one point, for gradients that few points have.</summary>
    /// <param name="row">Number of the point.</param>
    /// <param name="xs">Its spatial coordinates, changed.</param>
    /// <param name="gradient">The Riemannian gradient, a tangent vector at x as <see cref="HyperbolicPoints"/> writes them.</param>
    /// <param name="learningRate">Length of the step for a gradient of length 1.</param>
    public void StepRow(int row, Span<double> xs, ReadOnlySpan<double> gradient, double learningRate)
    {
        _state.CheckRate(learningRate);
        if (_momentum == 0)
        {
            _state.Move(row, xs, gradient, -learningRate, carry: false);
            return;
        }

        Span<double> b = _state.Momentum.AsSpan(row * _state.Dimension, _state.Dimension);
        for (int i = 0; i < b.Length; i++) b[i] = _momentum * b[i] + gradient[i];
        _state.Move(row, xs, b, -learningRate, carry: true);
    }
}
