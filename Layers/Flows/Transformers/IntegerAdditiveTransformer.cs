using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = x + round(t): maps whole numbers to whole numbers, exactly both ways while they are below 2^24 in single precision (2^53 in double). log|det| = 0.</summary>
/// <remarks>
/// The gradient goes straight through the rounding, so it is a direction of descent and no derivative. With a discrete base such as
/// <see cref="DiscretizedLogistic{T}"/> it makes a flow on whole numbers. Source: Hoogeboom et al. 2019, Integer Discrete Flows.
/// </remarks>
public sealed class IntegerAdditiveTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Kind => "integer-additive";

    /// <inheritdoc/>
    public int ParametersPerFeature => 1;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <summary>From a recipe entry without properties.</summary>
    public static IntegerAdditiveTransformer<T> FromConfig(JsonElement config) => new ConfigReader("integer-additive", config).Make(() => new IntegerAdditiveTransformer<T>());

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => raw.Clear();

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        return (tape.Add(x, StraightThroughRoundOp<T>.Record(tape, raw)), tape.Constant(0));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        RawParameters.Check(this, z, raw);
        return (tape.Subtract(z, StraightThroughRoundOp<T>.Record(tape, raw)), tape.Constant(0));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
