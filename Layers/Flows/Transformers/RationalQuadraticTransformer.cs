using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Monotone rational-quadratic spline on [-B, B], the identity outside. Raw parameters of a feature: K widths, K heights, K - 1 inner slopes.</summary>
/// <remarks>Cost: linear in bins an element, one logarithm; a single fused op. Source: Durkan et al. 2019, Neural Spline Flows.</remarks>
public sealed class RationalQuadraticTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SplineSettings _settings;

    /// <summary>Makes the transformer.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RationalQuadraticTransformer(in SplineSettings settings)
    {
        settings.Check();
        _settings = settings;
    }

    /// <inheritdoc/>
    public string Kind => "rational-quadratic";

    /// <inheritdoc/>
    public int ParametersPerFeature => _settings.RawLength;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), tail_bound (3), min_bin_width, min_bin_height, min_derivative (0.001 each), identity_init (false), raw_factor (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static RationalQuadraticTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("rational-quadratic", config);
        var settings = new SplineSettings(
            reader.Integer("bins", 1, 8), reader.Number("tail_bound", 3), reader.Number("min_bin_width", 1e-3), reader.Number("min_bin_height", 1e-3),
            reader.Number("min_derivative", 1e-3), reader.Flag("identity_init", false), reader.Number("raw_factor", 1));
        return reader.Make(() => new RationalQuadraticTransformer<T>(settings));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // Equal bins, and slope 1 at every knot: softplus(u) = 1 - min.
        raw[..(2 * _settings.Bins)].Clear();
        raw[(2 * _settings.Bins)..].Fill(_settings.IdentityInit ? 0 : Math.Log(Math.Exp(1 - _settings.MinDerivative) - 1));
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw) => RationalQuadraticSplineOp<T>.Record(tape, x, raw, _settings);

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw) => RationalQuadraticSplineOp<T>.RecordInverse(tape, z, raw, _settings);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _settings.Bins);
        json.WriteNumber("tail_bound", _settings.TailBound);
        json.WriteNumber("min_bin_width", _settings.MinBinWidth);
        json.WriteNumber("min_bin_height", _settings.MinBinHeight);
        json.WriteNumber("min_derivative", _settings.MinDerivative);
        json.WriteBoolean("identity_init", _settings.IdentityInit);
        json.WriteNumber("raw_factor", _settings.RawFactor);
    }
}
