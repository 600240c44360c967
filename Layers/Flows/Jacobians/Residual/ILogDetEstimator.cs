using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How log|det(I + J)| of a residual map x + g(x) is treated in training. Immutable; what it says of its value and gradient decides what may be called a likelihood.</summary>
public interface ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name in recipes, such as <c>roulette</c>.</summary>
    string Name { get; }

    /// <summary>What the value is.</summary>
    ValueKind Value { get; }

    /// <summary>What its gradient is.</summary>
    GradientKind Gradient { get; }

    /// <summary>Whether it holds for |J| below 1 alone, as series in J do.</summary>
    bool NeedsContraction => true;

    /// <summary>Whether the map must pass through a value with fewer columns than its input.</summary>
    bool NeedsWaist => false;

    /// <summary>Records the estimate for every sample, [rows x 1].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output g(x) [rows x D].</param>
    /// <param name="input">Input x [rows x D].</param>
    /// <param name="key">Seed of the layer under the run's key.</param>
    /// <param name="step">Training step.</param>
    Var Record(Tape<T> tape, Var output, Var input, ulong key, long step);

    /// <summary>Mean and variance of the estimate of log|det(I + J)| for one sample, by formula: what an audit holds its sample moments against.</summary>
    /// <param name="jacobian">J [D x D] of g at the sample.</param>
    /// <param name="dimension">D.</param>
    EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension) => EstimatorMoments.Unknown;

    /// <summary>Throws where the estimator cannot work with so many features; a layer asks when it is made.</summary>
    /// <param name="dimension">D.</param>
    /// <exception cref="ArgumentException">It needs more features.</exception>
    void CheckDimension(int dimension)
    {
    }

    /// <summary>The same where the map passes through a narrow value: g(x) = f(h(x)) with h(x) [rows x r].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output g(x) [rows x D].</param>
    /// <param name="input">Input x [rows x D].</param>
    /// <param name="waist">h(x) [rows x r], or <see cref="Var.None"/> where no value is narrower than the input.</param>
    /// <param name="key">Seed of the layer under the run's key.</param>
    /// <param name="step">Training step.</param>
    Var Record(Tape<T> tape, Var output, Var input, Var waist, ulong key, long step) => Record(tape, output, input, key, step);

    /// <summary>Writes the options needed to make it again; the caller writes the braces and <c>name</c>.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
