using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = F(x), the distribution function of a mixture of K logistic or normal distributions: from the line onto (0, 1). Raw parameters of a feature: K logits, K means, K logarithms of scales.</summary>
/// <remarks>Cost: a few functions of K numbers an element; the inverse is found by <see cref="RootInverse"/> on the logit's scale. Source: Ho et al. 2019, Flow++; Chen et al. 2020, VFlow.</remarks>
public sealed class MixtureCdfTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _components;
    private readonly bool _normal;

    /// <summary>Makes the transformer.</summary>
    /// <param name="components">K.</param>
    /// <param name="normal">Whether the components are normal; logistic otherwise.</param>
    /// <exception cref="ArgumentException">The number of components is less than 1.</exception>
    public MixtureCdfTransformer(int components = 4, bool normal = false)
    {
        BijectorGuard.Dimension("components", components);
        (_components, _normal) = (components, normal);
    }

    /// <inheritdoc/>
    public string Kind => _normal ? "normal-mixture-cdf" : "logistic-mixture-cdf";

    /// <inheritdoc/>
    public int ParametersPerFeature => 3 * _components;

    /// <summary>From a recipe entry: components (4).</summary>
    /// <param name="config">The entry.</param>
    /// <param name="normal">Whether its kind is normal-mixture-cdf.</param>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static MixtureCdfTransformer<T> FromConfig(JsonElement config, bool normal)
    {
        var reader = new ConfigReader(normal ? "normal-mixture-cdf" : "logistic-mixture-cdf", config);
        int components = reader.Integer("components", 1, 4);
        return reader.Make(() => new MixtureCdfTransformer<T>(components, normal));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => MixtureCdf.Start(raw, _components);

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var below, Var above, Var density) = Mixture(tape, x, raw).Record(tape, x);
        // From the smaller of F and 1 - F: the last digits near 1 are what the way back lives on.
        Var left = tape.Inside(tape.Subtract(below.Detach(), above.Detach()), double.NegativeInfinity, 0);
        return (Choose.Of(tape, left, tape.Exp(below), tape.Negate(tape.Expm1(above))), tape.SumColumns(density));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element of z lies outside (0, 1).</exception>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        MixtureCdf mixture = Mixture(tape, z, raw);
        tape.RequireBetween(z, 0, 1, Kind, "scale its input, or choose a map of the whole line");
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, tape.Logit(z), new MixtureLogit<T>(mixture));
        // d logit(z)/dz = 1/(z (1 - z)).
        Var bend = tape.Add(tape.Log(z), tape.Log1p(tape.Negate(z)));
        return (x, tape.SumColumns(tape.Add(logSlope, bend), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("components", _components);

    private MixtureCdf Mixture(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        return MixtureCdf.From(tape, _normal, RawParameters.Spread(tape, raw, x.Rows).Reshape(x.Length, 3 * _components), 0, _components);
    }
}
