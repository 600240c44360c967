using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Uniform on the unit sphere S^2 in the coordinates longitude in [-pi, pi) and height z in [-1, 1]: log p = -log 4 pi. Other numbers are refused.</summary>
/// <remarks>Area is Lebesgue measure in these coordinates (Archimedes), so densities in them are densities against the area of the sphere. No parameters.</remarks>
public sealed class UniformSphere<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Kind => "uniform-sphere";

    /// <inheritdoc/>
    public int Dimension => 2;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension, which is 2 (2).</summary>
    /// <exception cref="BadInputException">A property is unknown, or the dimension is not 2.</exception>
    public static UniformSphere<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("uniform-sphere", config);
        int dimension = reader.Integer("dimension", 1, 2);
        if (dimension != 2) throw new BadInputException($"uniform-sphere: property 'dimension' is {dimension}; the sphere has the coordinates longitude and height, 2.");
        return reader.Make(() => new UniformSphere<T>());
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) { }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">A longitude lies outside [-pi, pi], a height outside [-1, 1], or one is NaN.</exception>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        tape.RequireBetween(tape.SliceColumns(z, 0, 1).Detach(), -Math.PI, Math.PI, "uniform-sphere, longitude", "give longitudes in radians", closed: true);
        tape.RequireBetween(tape.SliceColumns(z, 1, 1).Detach(), -1, 1, "uniform-sphere, height", "give heights, the sines of latitudes", closed: true);
        return tape.Constant(-Math.Log(4 * Math.PI), z.Rows, 1);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var angles = DistributionNoise.Quantile(tape, count, 2, key, stream, DistributionNoise.Angle);
        return tape.ConcatColumns(tape.SliceColumns(angles, 0, 1), tape.Clamp(tape.Scale(tape.SliceColumns(angles, 1, 1), 1 / Math.PI), -1, 1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("dimension", Dimension);
}
