using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every op of the tape on a device against the reference: value, both derivatives.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuOpTests
{
    [Fact]
    public void EveryOpAgreesWithTheReference()
    {
        using var gpu = GpuEmulation.Double();
        Assert.Empty(Differences(gpu, 1e-9));
    }

    /// <summary>Where the results of ops differ from the reference's by more than <paramref name="tolerance"/>, relative to the largest number of a result.</summary>
    internal static List<string> Differences<T>(IBackend<T> backend, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var reference = new ReferenceBackend<T>();
        var random = new Random(7);
        var differences = new List<string>();
        foreach (OpCase<T> c in OpCases.All<T>())
        {
            double[][] x = [.. c.Inputs.Select(i => i.Draw(random))], u = [.. c.Inputs.Select(i => (i with { Domain = Domain.Normal, Values = null }).Draw(random))];
            using var wanted = new OpRun<T>(c, reference, x);
            using var got = new OpRun<T>(c, backend, x);
            double[] value = wanted.Value(x);
            double[] seed = new InputSpec(1, value.Length).Draw(random);
            Compare("value", [value], [got.Value(x)]);
            Compare("vjp", wanted.Vjp(seed), got.Vjp(seed));
            Compare("jvp", [wanted.Jvp(u)], [got.Jvp(u)]);

            void Compare(string what, double[]?[] all, double[]?[] found)
            {
                for (int k = 0; k < all.Length; k++)
                {
                    if (all[k] is not { } w) continue;
                    double scale = Math.Max(1, w.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max());
                    for (int i = 0; i < w.Length; i++)
                    {
                        if (w[i].Equals(found[k]![i]) || Math.Abs(w[i] - found[k]![i]) <= tolerance * scale) continue;
                        differences.Add($"{c}: {what} {k}, element {i} is {found[k]![i]}, the reference says {w[i]}");
                        return;
                    }
                }
            }
        }
        return differences;
    }
}
