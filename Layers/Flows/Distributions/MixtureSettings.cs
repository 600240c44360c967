using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Sizes and start of a mixture.</summary>
internal sealed class MixtureSettings
{
    public MixtureSettings(int dimension, int components, ulong seed, bool trainable)
    {
        BijectorGuard.Dimension("dimension", dimension);
        DistributionGuard.Components(components);
        (Dimension, Components, Seed, Trainable) = (dimension, components, seed, trainable);
    }

    public int Dimension { get; }

    public int Components { get; }

    public ulong Seed { get; }

    public bool Trainable { get; }

    public static MixtureSettings Read(ConfigReader reader)
    {
        int dimension = reader.Integer("dimension", 1), components = reader.Integer("components", 1);
        return new MixtureSettings(dimension, components, reader.Seed("seed") ?? 0, reader.Flag("trainable", true));
    }

    /// <summary>Standard normal numbers, components x dimension: equal components would stay equal.</summary>
    public double[] StartOfLoc()
    {
        var loc = new double[Components * Dimension];
        RandomFill.Gaussian<double>(Seed, 0, 0, loc);
        return loc;
    }

    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("components", Components);
        if (Seed != 0) json.WriteNumber("seed", Seed);
        if (!Trainable) json.WriteBoolean("trainable", false);
    }
}
