using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>One call of a kernel by name, with numbers in place of slices; null for none.</summary>
/// <param name="Kernel">Name.</param>
/// <param name="Slices">Contents before the call.</param>
/// <param name="Sizes">Sizes.</param>
/// <param name="Reals">Reals.</param>
/// <param name="Terms">Most terms of a sum in it.</param>
internal sealed record GpuKernelCase(string Kernel, double[]?[] Slices, int[] Sizes, double[] Reals, int Terms = 1)
{
    private const int Guard = 3;

    private const double GuardValue = -77;

    public override string ToString() => $"{Kernel} [{string.Join(", ", Slices.Select(s => s?.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"))}] ({string.Join(", ", Sizes)})";

    /// <summary>What the slices hold after the call; throws where something beside them changed.</summary>
    public T[]?[] Run<T>(IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice[] blocks = [.. Slices.Select(s => s is null ? Slice.None : backend.Allocate(s.Length + (2 * Guard)))];
        Slice[] slices = [.. Slices.Select((s, i) => s is null ? Slice.None : blocks[i].Part(Guard, s.Length))];
        for (int i = 0; i < slices.Length; i++)
        {
            if (Slices[i] is not { } values) continue;
            var all = new T[blocks[i].Length];
            Array.Fill(all, T.CreateTruncating(GuardValue));
            for (int k = 0; k < values.Length; k++) all[Guard + k] = T.CreateTruncating(values[k]);
            backend.Write(all, blocks[i]);
        }
        backend.Run(KernelId.Of(Kernel), new KernelArgs(slices, Sizes, Reals));
        var results = new T[]?[slices.Length];
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i].IsNone) continue;
            var all = new T[blocks[i].Length];
            backend.Read(blocks[i], all);
            for (int k = 0; k < all.Length; k++)
                if ((k < Guard || k >= all.Length - Guard) && all[k] != T.CreateTruncating(GuardValue)) throw new InvalidOperationException($"{this}: wrote beside slice {i}");
            results[i] = all[Guard..^Guard];
            backend.Release(blocks[i]);
        }
        return results;
    }

    /// <summary>Where the two backends differ by more than rounding, or null.</summary>
    public string? Difference<T>(IBackend<T> reference, IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[]?[] wanted = Run(reference), got = Run(backend);
        double tolerance = (typeof(T) == typeof(float) ? Math.Pow(2, -24) : Math.Pow(2, -53)) * (16 + (3 * Terms));
        for (int i = 0; i < wanted.Length; i++)
            for (int k = 0; k < (wanted[i]?.Length ?? 0); k++)
            {
                double w = double.CreateTruncating(wanted[i]![k]), g = double.CreateTruncating(got[i]![k]);
                if (w.Equals(g) || Math.Abs(g - w) <= tolerance * Math.Max(1, Math.Abs(w))) continue;
                return $"{this} in {typeof(T).Name}: element {k} of slice {i} is {g}, the reference says {w}";
            }
        return null;
    }
}
