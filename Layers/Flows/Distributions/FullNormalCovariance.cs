using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Normal with a covariance matrix C: log p = -D/2 log(2 pi) - log det C/2 - (x - loc)^T C^-1 (x - loc)/2, through the Cholesky factor of (C + C^T)/2.</summary>
/// <remarks>Parameters loc [1 x D] and covariance [D x D], whose gradient is symmetric. A step of an optimiser can leave the positive definite matrices, and then recording throws: to learn a covariance take <see cref="FullNormalScaleTril{T}"/>. Cost: D^3 + 2 B D^2 flops.</remarks>
public sealed class FullNormalCovariance<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _trainable;
    private readonly DistributionParameter<T> _loc, _covariance;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="covariance">Start of covariance, row-major D x D, symmetric and positive definite; the identity when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or the covariance is none.</exception>
    public FullNormalCovariance(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> covariance = default, bool trainable = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        (Dimension, _trainable) = (dimension, trainable);
        double[] identity = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++) identity[i * dimension + i] = 1;
        _loc = new DistributionParameter<T>(Kind, "loc", 1, dimension, loc, null, trainable);
        _covariance = new DistributionParameter<T>(Kind, "covariance", dimension, dimension, covariance, identity, trainable);
        if (!covariance.IsEmpty && Cholesky.Factor<double>(covariance.ToArray(), dimension) is >= 0 and int pivot)
            throw new ArgumentException($"covariance is not positive definite (pivot {pivot}); it must be.");
    }

    /// <inheritdoc/>
    public string Kind => "full-normal-covariance";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, covariance (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static FullNormalCovariance<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("full-normal-covariance", config);
        int dimension = reader.Integer("dimension", 1);
        double[]? loc = reader.Numbers("loc", false), covariance = reader.Numbers("covariance", false);
        bool trainable = reader.Flag("trainable", true);
        return reader.Make(() => new FullNormalCovariance<T>(dimension, loc, covariance, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _covariance.Attach(store, scope);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">The covariance is not positive definite (any more).</exception>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return TriangularScale<T>.LogProb(tape, tape.Cholesky(_covariance.On(tape)), tape.Subtract(z, _loc.On(tape)));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var e = DistributionNoise.Gaussian(tape, count, Dimension, key, stream);
        return tape.Add(tape.MatMul(e, tape.Cholesky(_covariance.On(tape)), transposeB: true), _loc.On(tape));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        _loc.WriteConfig(json);
        _covariance.WriteConfig(json);
        if (!_trainable) json.WriteBoolean("trainable", false);
    }
}
