using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Uniform on the torus of D angles in [-pi, pi): log p = -D log 2 pi. Other numbers are refused.</summary>
/// <remarks>No parameters. Source: Rezende et al. 2020, Normalizing Flows on Tori and Spheres.</remarks>
public sealed class UniformTorus<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates it for a number of angles.</summary>
    public UniformTorus(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "uniform-torus";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static UniformTorus<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("uniform-torus", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new UniformTorus<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) { }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">A number lies outside [-pi, pi], or is NaN.</exception>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        tape.RequireBetween(z, -Math.PI, Math.PI, Kind, "angles are in radians: end the flow with circular layers", closed: true);
        return tape.Constant(-Dimension * Math.Log(Math.Tau), z.Rows, 1);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream) => DistributionNoise.Quantile(tape, count, Dimension, key, stream, DistributionNoise.Angle);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("dimension", Dimension);
}
