using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What the optimisers of points share: the shape, checks, and a running mean of gradients that is carried along with each point.</summary>
internal sealed class PointState(string name, int rows, int dimension, double radius)
{
    private readonly double[] _gradient = new double[dimension];
    private readonly double[] _next = new double[dimension];

    internal double[] Momentum { get; } = new double[rows * dimension];

    internal int Rows => rows;

    internal int Dimension => dimension;

    internal void Check(ReadOnlySpan<double> points, ReadOnlySpan<double> gradients, double learningRate)
    {
        if (points.Length != rows * dimension || gradients.Length != points.Length) throw new ArgumentException($"{name}: {points.Length} coordinates and {gradients.Length} derivatives; expected {rows} rows of {dimension} each.");
        CheckRate(learningRate);
        for (int i = 0; i < gradients.Length; i++)
            if (!double.IsFinite(gradients[i])) throw new NonFiniteException($"{name}: the derivative by coordinate {i % dimension} of point {i / dimension} is {gradients[i]}; no point was moved.");
    }

    internal void CheckRate(double learningRate)
    {
        if (!double.IsFinite(learningRate) || learningRate < 0) throw new ArgumentOutOfRangeException(nameof(learningRate), $"{name}: the learning rate is {learningRate}; it must be finite and not negative.");
    }

    /// <summary>The gradient of one row as a tangent vector; valid until the next call.</summary>
    internal ReadOnlySpan<double> Gradient(ReadOnlySpan<double> xs, ReadOnlySpan<double> derivatives)
    {
        HyperbolicPoints.RiemannianGradient(xs, derivatives, radius, _gradient);
        return _gradient;
    }

    /// <summary>x to exp_x(factor direction), and the row's momentum along with it.</summary>
    internal void Move(int row, Span<double> xs, ReadOnlySpan<double> direction, double factor, bool carry)
    {
        for (int i = 0; i < dimension; i++) _next[i] = factor * direction[i];
        HyperbolicPoints.Exp(xs, _next, radius, _next);
        if (carry)
        {
            Span<double> momentum = Momentum.AsSpan(row * dimension, dimension);
            HyperbolicPoints.Transport(xs, _next, momentum, radius, momentum);
        }

        _next.CopyTo(xs);
    }
}
