using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = L U x + b, L lower triangular with ones on its diagonal, U upper triangular with diagonal softplus(u) + eps. log|det| = sum of the logarithms of U's diagonal, [1 x 1].</summary>
/// <remarks>Parameters lower_entries, upper_entries [1 x D(D-1)/2], row by row, unconstrained_upper_diag, bias [1 x D]; the identity at the start. A permutation before it lifts the restriction to matrices with an LU. Cost: 4 B D^2 flops forward, 2 B D^2 back by substitution, D for the log-determinant. Source: Kingma and Dhariwal 2018, section 3.2; Oliva et al. 2018.</remarks>
public sealed class LinearLu<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly double _eps;
    private Var _diagonal = Var.None;
    private Var _lower = Var.None;
    private Var _upper = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="eps">Added to softplus(u), so that the diagonal stays clear of zero; in (0, 1).</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LinearLu(int dimension, double eps = 1e-3, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        SoftplusStart.Check(eps);
        Dimension = dimension;
        _eps = eps;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "linear-lu";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, eps (1e-3), no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LinearLu<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear-lu", config);
        int dimension = reader.Integer("dimension", 1);
        double eps = reader.Number("eps", 1e-3);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new LinearLu<T>(dimension, eps, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _diagonal);
        int entries = Dimension * (Dimension - 1) / 2;
        if (entries > 0) _lower = store.AddParameter($"{scope}.lower_entries", 1, entries);
        if (entries > 0) _upper = store.AddParameter($"{scope}.upper_entries", 1, entries);
        _diagonal = store.AddParameter($"{scope}.unconstrained_upper_diag", 1, Dimension, SoftplusStart.Ones(Dimension, _eps));
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps);
        Var ux = tape.MatMul(x, tape.UnpackTriangle(_upper, diagonal, Dimension, lower: false), transposeB: true);
        Var z = tape.MatMul(ux, tape.UnpackTriangle(_lower, Var.None, Dimension, lower: true), transposeB: true);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(tape.Log(diagonal)));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps), centred = _bias.IsNone ? z : tape.Subtract(z, _bias);
        Var ux = tape.SolveTriangularRows(tape.UnpackTriangle(_lower, Var.None, Dimension, lower: true), centred, lower: true, unit: true);
        Var x = tape.SolveTriangularRows(tape.UnpackTriangle(_upper, diagonal, Dimension, lower: false), ux, lower: false);
        return FlowStep.Exact(x, tape.Sum(tape.Log(diagonal), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("eps", _eps);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }
}
