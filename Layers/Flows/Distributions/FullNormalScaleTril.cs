using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Normal with covariance L L^T: log p = -D/2 log(2 pi) - sum log|L_ii| - |L^-1 (x - loc)|^2/2.</summary>
/// <remarks>Parameters loc [1 x D] and scale_tril [D x D], of which only the lower triangle is used and gets gradients. The choice for learning: no step can leave the set of covariances, only a zero on the diagonal. Cost: 2/3 D^3 + 2 B D^2 flops.</remarks>
public sealed class FullNormalScaleTril<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _trainable;
    private readonly DistributionParameter<T> _loc;
    private readonly TriangularScale<T> _scale;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="scaleTril">Start of scale_tril, row-major D x D; the identity when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or the diagonal has a 0.</exception>
    public FullNormalScaleTril(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> scaleTril = default, bool trainable = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        (Dimension, _trainable) = (dimension, trainable);
        _loc = new DistributionParameter<T>(Kind, "loc", 1, dimension, loc, null, trainable);
        _scale = new TriangularScale<T>(Kind, "scale_tril", dimension, scaleTril, trainable);
    }

    /// <inheritdoc/>
    public string Kind => "full-normal-scale-tril";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, scale_tril (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static FullNormalScaleTril<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("full-normal-scale-tril", config);
        int dimension = reader.Integer("dimension", 1);
        double[]? loc = reader.Numbers("loc", false), scaleTril = reader.Numbers("scale_tril", false);
        bool trainable = reader.Flag("trainable", true);
        return reader.Make(() => new FullNormalScaleTril<T>(dimension, loc, scaleTril, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _scale.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return _scale.LogProb(tape, tape.Subtract(z, _loc.On(tape)));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var e = DistributionNoise.Gaussian(tape, count, Dimension, key, stream);
        return tape.Add(tape.MatMul(e, _scale.Lower(tape), transposeB: true), _loc.On(tape));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        _loc.WriteConfig(json);
        _scale.WriteConfig(json);
        if (!_trainable) json.WriteBoolean("trainable", false);
    }
}
