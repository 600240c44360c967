using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A monotone function of one number with P raw parameters, applied to every feature of [batch x D] with parameters of its own. A conditioner
/// gives them (<see cref="Coupling{T}"/>, autoregressive layers), or they are learned as they are (<see cref="Elementwise{T}"/>).
/// </summary>
public interface ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Type name in a recipe; also its page under docs/transformers.</summary>
    string Kind { get; }

    /// <summary>P, the raw parameters of one feature.</summary>
    int ParametersPerFeature { get; }

    /// <summary>Whether a feature's result depends on other features' parameters too. Then the Jacobian is triangular only where all parameters come from features that pass: in couplings, not in autoregressive layers.</summary>
    bool MixesFeatures => false;

    /// <summary>Whether its inverse is a closed form that gives x back up to rounding; false where a root is searched for.</summary>
    bool HasExactInverse => false;

    /// <summary>What its gradient is; biased where something is rounded.</summary>
    GradientKind Gradient => GradientKind.Exact;

    /// <summary>Adds what all features share (most have nothing). Called once, before the store is built.</summary>
    void Attach(ParameterStore<T> store, string scope, ulong seed);

    /// <summary>Raw parameters [P] with which it starts: the identity, or near it.</summary>
    void Start(Span<double> raw);

    /// <summary>Records z = h(x) and sum log|h'(x)| over the features [batch x 1] (or [1 x 1] when it is the same for every row).</summary>
    /// <param name="tape">Where.</param>
    /// <param name="x">[batch x D].</param>
    /// <param name="raw">[batch x D P] or [1 x D P]; the P parameters of a feature lie together.</param>
    (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw);

    /// <summary>Records x = h^-1(z) and minus the forward log-determinant at x.</summary>
    (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw);

    /// <summary>Writes the properties that <see cref="TransformerRegistry"/> needs to make it again; the caller writes the braces and <c>kind</c>.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
