using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = Q_1 diag(softplus(u) + eps) Q_2 x + b, both Q products of K Householder reflections. log|det| = sum of the logarithms of the diagonal, [1 x 1].</summary>
/// <remarks>Parameters q_vectors_1, q_vectors_2 [K x D], unconstrained_diagonal, bias [1 x D]. Cost: 8 B D K flops either way; the singular values, and so the condition number, are at hand. Source: Tomczak and Welling 2016; Zhang et al. 2018, SVD parameterization.</remarks>
public sealed class LinearSvd<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly int _reflections;
    private readonly double _eps;
    private Var _diagonal = Var.None;
    private Var _vectors1 = Var.None;
    private Var _vectors2 = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="reflections">Number of reflections K.</param>
    /// <param name="eps">Added to softplus(u), so that the diagonal stays clear of zero; in (0, 1).</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LinearSvd(int dimension, int reflections, double eps = 1e-3, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("reflections", reflections);
        BijectorGuard.Matrix("reflections", reflections, "dimension", dimension);
        BijectorGuard.Matrix("reflections", reflections, "reflections", reflections);
        SoftplusStart.Check(eps);
        Dimension = dimension;
        _reflections = reflections;
        _eps = eps;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "linear-svd";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, reflections, eps (1e-3), no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LinearSvd<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear-svd", config);
        int dimension = reader.Integer("dimension", 1);
        int reflections = reader.Integer("reflections", 1);
        double eps = reader.Number("eps", 1e-3);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new LinearSvd<T>(dimension, reflections, eps, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _diagonal);
        _vectors1 = store.AddParameter($"{scope}.q_vectors_1", _reflections, Dimension, HouseholderReflections.Start(seed, _reflections, Dimension), decay: false);
        _diagonal = store.AddParameter($"{scope}.unconstrained_diagonal", 1, Dimension, SoftplusStart.Ones(Dimension, _eps));
        _vectors2 = store.AddParameter($"{scope}.q_vectors_2", _reflections, Dimension, HouseholderReflections.Start(SeedMix.Of(seed, 1), _reflections, Dimension), decay: false);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps);
        Var turned = HouseholderReflections.Apply(tape, x, _vectors2, reverse: false);
        Var z = HouseholderReflections.Apply(tape, tape.Multiply(turned, diagonal), _vectors1, reverse: false);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(tape.Log(diagonal)));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _diagonal);
        Var diagonal = tape.AddConstant(tape.Softplus(_diagonal), _eps);
        Var turned = HouseholderReflections.Apply(tape, _bias.IsNone ? z : tape.Subtract(z, _bias), _vectors1, reverse: true);
        Var x = HouseholderReflections.Apply(tape, tape.Divide(turned, diagonal), _vectors2, reverse: true);
        return FlowStep.Exact(x, tape.Sum(tape.Log(diagonal), -1));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        BijectorGuard.Attached(Kind, _diagonal);
        double most = 0, least = double.PositiveInfinity;
        foreach (double u in SingularValues.Read(store, _diagonal))
        {
            double s = Math.Max(u, 0) + Math.Log(1 + Math.Exp(-Math.Abs(u))) + _eps;
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
        json.WriteNumber("eps", _eps);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }
}
