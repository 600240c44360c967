using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Uniform dequantisation: integer data x becomes x + u, u ~ U[0, 1), which turns a density into a lower bound on the log-probability
/// of the integers (Theis et al. 2016). A matter of the data, not a bijector: evaluation uses fixed, counted draws.
/// </summary>
public static class Dequantization
{
    /// <summary>Adds noise number <paramref name="first"/>, first + 1, ... of (key, stream) to the values.</summary>
    public static void AddUniformNoise<T>(Span<T> values, ulong key, ulong stream, ulong first) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> noise = stackalloc T[256];
        for (int start = 0; start < values.Length; start += noise.Length)
        {
            int count = Math.Min(noise.Length, values.Length - start);
            RandomFill.Uniform(key, stream, first + (ulong)start, noise[..count]);
            for (int i = 0; i < count; i++) values[start + i] += noise[i];
        }
    }
}
