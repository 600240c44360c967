using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>Samples as pictures.</summary>
internal static class Sampling
{
    /// <summary>Draws samples and refuses those that are not finite.</summary>
    public static T[] Draw<T>(Flow<T> flow, int count, ulong seed, InverseKind inverse, ReadOnlySpan<T> context = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] samples = flow.Sample(count, context, seed, inverse);
        for (int i = 0; i < samples.Length; i++)
            if (!T.IsFinite(samples[i])) throw new NonFiniteException($"Sample {i / flow.Dimension}, feature {i % flow.Dimension} is {samples[i]}: the inverse of the model does not exist there; the model is badly conditioned, train it again with a lower learning rate.");
        return samples;
    }

    /// <summary>Writes a grid, ten images a line.</summary>
    public static void WriteGrid<T>(string path, T[] samples, int count, int height, int width, int channels, float low, float high) where T : unmanaged, IFloatingPointIeee754<T>
        => ImageGrid.Write(path, Array.ConvertAll(samples, float.CreateTruncating), count, height, width, Math.Min(10, Math.Max(1, (int)Math.Ceiling(Math.Sqrt(count)))), Math.Clamp(56 / width, 1, 8), low, high, channels);
}
