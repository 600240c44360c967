using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// z = (logit F(x) + b) e^a with the distribution function F of a mixture of K logistic distributions: from the line onto the line. Raw
/// parameters of a feature: a, b, K logits, K means, K logarithms of scales.
/// </summary>
/// <remarks>Cost: a few functions of K numbers an element; the inverse is found by <see cref="RootInverse"/>. Source: Ho et al. 2019, Flow++.</remarks>
public sealed class MixtureLogisticTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _components;

    /// <summary>Makes the transformer.</summary>
    /// <param name="components">K.</param>
    /// <exception cref="ArgumentException">The number of components is less than 1.</exception>
    public MixtureLogisticTransformer(int components = 4)
    {
        BijectorGuard.Dimension("components", components);
        _components = components;
    }

    /// <inheritdoc/>
    public string Kind => "mixture-logistic";

    /// <inheritdoc/>
    public int ParametersPerFeature => (3 * _components) + 2;

    /// <summary>From a recipe entry: components (4).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static MixtureLogisticTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("mixture-logistic", config);
        int components = reader.Integer("components", 1, 4);
        return reader.Make(() => new MixtureLogisticTransformer<T>(components));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        raw[..2].Clear();
        MixtureCdf.Start(raw[2..], _components);
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var a, Var b, MixtureLogit<T> logit) = Parts(tape, x, raw);
        (Var z, Var logSlope) = logit.Record(tape, x);
        return (tape.Multiply(tape.Add(z, b), tape.Exp(a)), tape.SumColumns(tape.Add(logSlope, a)));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var a, Var b, MixtureLogit<T> logit) = Parts(tape, z, raw);
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, tape.Subtract(tape.Multiply(z, tape.Exp(tape.Negate(a))), b), logit);
        return (x, tape.SumColumns(tape.Add(logSlope, a), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("components", _components);

    private (Var A, Var B, MixtureLogit<T> Logit) Parts(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var perElement = RawParameters.Spread(tape, raw, x.Rows).Reshape(x.Length, ParametersPerFeature);
        Var a = tape.SliceColumns(perElement, 0, 1).Reshape(x.Rows, x.Cols), b = tape.SliceColumns(perElement, 1, 1).Reshape(x.Rows, x.Cols);
        return (a, b, new MixtureLogit<T>(MixtureCdf.From(tape, false, perElement, 2, _components)));
    }
}
