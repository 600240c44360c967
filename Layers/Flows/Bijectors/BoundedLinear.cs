using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = U diag(exp(c tanh(a/c))) V x + b, U and V products of K Householder reflections: every singular value lies within e^-c and e^c, whatever is learned. log|det| = c sum tanh(a/c), [1 x 1].</summary>
/// <remarks>Parameters q_vectors_1 (U), q_vectors_2 (V) [K x D], log_diagonal (a), bias [1 x D]. Starts with singular values 1. Cost: 8 B D K flops either way. Source: as <see cref="LinearSvd{T}"/>, with bounded singular values.</remarks>
public sealed class BoundedLinear<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly int _reflections;
    private Var _diagonal = Var.None;
    private Var _vectors1 = Var.None;
    private Var _vectors2 = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="reflections">Number of reflections K of each side; D of them reach every rotation up to a sign.</param>
    /// <param name="logBound">c: the map and its inverse have Lipschitz constants of e^c at most.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public BoundedLinear(int dimension, int reflections, double logBound = 2, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("reflections", reflections);
        BijectorGuard.Matrix("reflections", reflections, "dimension", dimension);
        BijectorGuard.Matrix("reflections", reflections, "reflections", reflections);
        if (!(logBound > 0 && double.IsFinite(logBound))) throw new ArgumentException($"log_bound is {logBound}; it must be above 0 and finite.");
        Dimension = dimension;
        LogBound = logBound;
        _reflections = reflections;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "bounded-linear";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>c, the largest |log singular value|.</summary>
    public double LogBound { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, reflections (dimension), log_bound (2), no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static BoundedLinear<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("bounded-linear", config);
        int dimension = reader.Integer("dimension", 1);
        int reflections = reader.Integer("reflections", 1, dimension);
        double logBound = reader.Number("log_bound", 2);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new BoundedLinear<T>(dimension, reflections, logBound, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _diagonal);
        _vectors1 = store.AddParameter($"{scope}.q_vectors_1", _reflections, Dimension, HouseholderReflections.Start(seed, _reflections, Dimension), decay: false);
        _diagonal = store.AddParameter($"{scope}.log_diagonal", 1, Dimension, decay: false);
        _vectors2 = store.AddParameter($"{scope}.q_vectors_2", _reflections, Dimension, HouseholderReflections.Start(SeedMix.Of(seed, 1), _reflections, Dimension), decay: false);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _diagonal);
        Var logDiagonal = LogDiagonal(tape);
        Var turned = HouseholderReflections.Apply(tape, x, _vectors2, reverse: false);
        Var z = HouseholderReflections.Apply(tape, tape.Multiply(turned, tape.Exp(logDiagonal)), _vectors1, reverse: false);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(logDiagonal));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _diagonal);
        Var logDiagonal = LogDiagonal(tape);
        Var turned = HouseholderReflections.Apply(tape, _bias.IsNone ? z : tape.Subtract(z, _bias), _vectors1, reverse: true);
        Var x = HouseholderReflections.Apply(tape, tape.Divide(turned, tape.Exp(logDiagonal)), _vectors2, reverse: true);
        return FlowStep.Exact(x, tape.Sum(logDiagonal, -1));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        BijectorGuard.Attached(Kind, _diagonal);
        double most = 0, least = double.PositiveInfinity;
        foreach (double a in SingularValues.Read(store, _diagonal))
        {
            double s = Math.Exp(LogBound * Math.Tanh(a / LogBound));
            (most, least) = (Math.Max(most, s), Math.Min(least, s));
        }
        double bias = _hasBias ? SingularValues.Largest(SingularValues.Read(store, _bias)) : 0;
        return new LipschitzBounds(most, 1 / least, (most * Math.Sqrt(Dimension) * inputBound) + bias);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("reflections", _reflections);
        json.WriteNumber("log_bound", LogBound);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    private Var LogDiagonal(Tape<T> tape) => tape.Scale(tape.Tanh(tape.Scale(_diagonal, 1 / LogBound)), LogBound);
}
