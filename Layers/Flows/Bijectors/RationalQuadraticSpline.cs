using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A learned monotone rational-quadratic spline a feature on [-B, B], the identity outside. log|det| [batch x 1]. Starts as the identity.</summary>
/// <remarks>Parameter raw [1 x features (3 bins - 1)]: of each feature its widths, heights and inner slopes before softmax and softplus. Cost: linear in bins an element, one logarithm. Source: Durkan et al. 2019, Neural Spline Flows.</remarks>
public sealed class RationalQuadraticSpline<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SplineSettings _settings;
    private Var _raw = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="settings">Bins, bound and least sizes.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RationalQuadraticSpline(int dimension, in SplineSettings settings)
    {
        BijectorGuard.Dimension("dimension", dimension);
        settings.Check();
        if ((long)dimension * settings.RawLength > int.MaxValue) throw new ArgumentException($"dimension is {dimension}, bins is {settings.Bins}; that is too many parameters.");
        Dimension = dimension;
        _settings = settings;
    }

    /// <inheritdoc/>
    public string Kind => "rational-quadratic-spline";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, bins (8), tail_bound (3), min_bin_width, min_bin_height, min_derivative (0.001 each), identity_init (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static RationalQuadraticSpline<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("rational-quadratic-spline", config);
        int dimension = reader.Integer("dimension", 1), bins = reader.Integer("bins", 1, 8);
        double bound = reader.Number("tail_bound", 3), width = reader.Number("min_bin_width", 1e-3), height = reader.Number("min_bin_height", 1e-3);
        double derivative = reader.Number("min_derivative", 1e-3);
        bool identity = reader.Flag("identity_init", false);
        return reader.Make(() => new RationalQuadraticSpline<T>(dimension, new SplineSettings(bins, bound, width, height, derivative, identity)));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _raw);
        // Equal bins, and slope 1 at every knot: softplus(u) = 1 - min.
        double slope = _settings.IdentityInit ? 0 : Math.Log(Math.Exp(1 - _settings.MinDerivative) - 1);
        var start = new double[Dimension * _settings.RawLength];
        for (int i = 0; i < start.Length; i++)
            if (i % _settings.RawLength >= 2 * _settings.Bins) start[i] = slope;
        _raw = store.AddParameter($"{scope}.raw", 1, start.Length, start, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _raw);
        (Var z, Var logDet) = RationalQuadraticSplineOp<T>.Record(tape, x, _raw, _settings);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _raw);
        (Var x, Var logDet) = RationalQuadraticSplineOp<T>.RecordInverse(tape, z, _raw, _settings);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("bins", _settings.Bins);
        json.WriteNumber("tail_bound", _settings.TailBound);
        json.WriteNumber("min_bin_width", _settings.MinBinWidth);
        json.WriteNumber("min_bin_height", _settings.MinBinHeight);
        json.WriteNumber("min_derivative", _settings.MinDerivative);
        json.WriteBoolean("identity_init", _settings.IdentityInit);
    }
}
