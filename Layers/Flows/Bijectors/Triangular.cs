using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = T x + b, T triangular with diagonal softplus(u) + eps. log|det| = sum of the logarithms of the diagonal, [1 x 1].</summary>
/// <remarks>Parameters entries [1 x D(D-1)/2], row by row, unconstrained_diag [1 x D], bias [1 x D]; the identity at the start. Cost: 2 B D^2 flops forward, B D^2 back by substitution.</remarks>
public sealed class Triangular<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly bool _upper;
    private readonly double _eps;
    private Var _diagonal = Var.None;
    private Var _entries = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="upper">Upper in place of lower triangular.</param>
    /// <param name="eps">Added to softplus(u), so that the diagonal stays clear of zero; in (0, 1).</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Triangular(int dimension, bool upper = false, double eps = 1e-3, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        SoftplusStart.Check(eps);
        Dimension = dimension;
        _upper = upper;
        _eps = eps;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "triangular";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, upper (false), eps (1e-3), no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Triangular<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("triangular", config);
        int dimension = reader.Integer("dimension", 1);
        bool upper = reader.Flag("upper", false);
        double eps = reader.Number("eps", 1e-3);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new Triangular<T>(dimension, upper, eps, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _diagonal);
        if (Dimension > 1) _entries = store.AddParameter($"{scope}.entries", 1, Dimension * (Dimension - 1) / 2);
        _diagonal = store.AddParameter($"{scope}.unconstrained_diag", 1, Dimension, SoftplusStart.Ones(Dimension, _eps));
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps);
        Var z = tape.MatMul(x, tape.UnpackTriangle(_entries, diagonal, Dimension, !_upper), transposeB: true);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(tape.Log(diagonal)));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps), centred = _bias.IsNone ? z : tape.Subtract(z, _bias);
        Var x = tape.SolveTriangularRows(tape.UnpackTriangle(_entries, diagonal, Dimension, !_upper), centred, lower: !_upper);
        return FlowStep.Exact(x, tape.Sum(tape.Log(diagonal), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteBoolean("upper", _upper);
        json.WriteNumber("eps", _eps);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }
}
