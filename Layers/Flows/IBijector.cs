using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// An invertible differentiable map on [batch x features]. <c>Forward</c> goes from data to latent (normalizing), <c>Inverse</c> from
/// latent to data (generative). A bijector records ops and keeps handles; it never touches memory.
/// </summary>
public interface IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Type name in a recipe, such as <c>linear</c>; also its page under docs/bijectors.</summary>
    string Kind { get; }

    /// <summary>Number of features in and out.</summary>
    int Dimension { get; }

    /// <summary>Columns of the context that a conditional layer takes; 0 for the others, which leave a context alone.</summary>
    int ContextWidth => 0;

    /// <summary>What its log-determinant is at best, in evaluation; <see cref="ValueKind.Bound"/> for a layer that is no bijection but gives a lower bound.</summary>
    ValueKind EvaluationValue => ValueKind.Exact;

    /// <summary>The layers that lie inside it, where it is made of others.</summary>
    IEnumerable<IBijector<T>> Inner => [];

    /// <summary>
    /// Whether its inverse gives the input back up to rounding, and cheaply: in closed form or feature by feature, without iteration, saturation or randomness,
    /// in training too. Then <see cref="Recomputed{T}"/> may rebuild its input from its output.
    /// </summary>
    bool HasExactInverse => false;

    /// <summary>Whether it has a learned inverse that <see cref="InverseKind.Learned"/> takes instead of the true one.</summary>
    bool HasLearnedInverse => false;

    /// <summary>Adds parameters, buffers and counters under <paramref name="scope"/>, with start values from <paramref name="seed"/>. Called once, before the store is built.</summary>
    void Attach(ParameterStore<T> store, string scope, ulong seed);

    /// <summary>Records z = f(x) and log|det dz/dx|.</summary>
    FlowStep Forward(Tape<T> tape, Var x, in StepContext c);

    /// <summary>Records x = f^-1(z) and log|det dx/dz|, which is minus the forward one at x.</summary>
    FlowStep Inverse(Tape<T> tape, Var z, in StepContext c);

    /// <summary>Writes the properties that <see cref="BijectorRegistry"/> needs to make it again; the caller writes the braces and <c>kind</c>.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
