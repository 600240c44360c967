using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class OpConformanceTests
{
    public static TheoryData<string> Names()
    {
        var data = new TheoryData<string>();
        foreach (string name in OpCases.All<double>().Select(c => c.ToString())) data.Add(name);
        return data;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnTheReferenceBackend(string name)
        => Assert.Empty(OpConformance.Check(Case<double>(name), () => new ReferenceBackend<double>()));

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnTheSimdBackend(string name)
        => Assert.Empty(OpConformance.Check(Case<double>(name), () => new SimdBackend<double>(1)));

    [Theory]
    [MemberData(nameof(Names))]
    public void BackendsAgree(string name)
    {
        // Rounding of sums and polynomials, relative to the largest number of the array: 200 units in the last place.
        Assert.Empty(BackendDifferences<float>(Case<float>(name), 200 * 1.2e-7));
        Assert.Empty(BackendDifferences<double>(Case<double>(name), 200 * 2.3e-16));
    }

    [Fact]
    public void CasesHaveNamesOfTheirOwn()
    {
        string[] twice = [.. OpCases.All<double>().GroupBy(c => c.ToString()).Where(g => g.Count() > 1).Select(g => g.Key)];
        Assert.Empty(twice);
    }

    [Fact]
    public void MisfitsAreRefusedWithTheirShapes()
    {
        var failures = new List<string>();
        foreach (RefusedUse<double> use in OpCases.Refused<double>())
            foreach (IBackend<double> backend in (IBackend<double>[])[new ReferenceBackend<double>(), new SimdBackend<double>(1)])
            {
                using (backend)
                {
                    using var tape = new Tape<double>(backend);
                    Exception? e = Record.Exception(() => use.Record(tape));
                    if (e is not ArgumentException) failures.Add($"{use.Op}: expected an ArgumentException, got {e?.GetType().Name ?? "nothing"}: {e?.Message}");
                    else failures.AddRange(use.Message.Where(m => !e.Message.Contains(m, StringComparison.Ordinal)).Select(m => $"{use.Op}: '{e.Message}' does not mention {m}"));
                    if (tape.Count != 0) failures.Add($"{use.Op}: the refused use left a node on the tape");
                }
            }
        Assert.Empty(failures);
    }

    internal static List<string> BackendDifferences<T>(OpCase<T> c, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var failures = new List<string>();
        using var reference = new ReferenceBackend<T>();
        using var simd = new SimdBackend<T>(1);
        var random = new Random(99);
        double[][] x = [.. c.Inputs.Select(i => i.Draw(random))];
        double[][] u = [.. c.Inputs.Select(i => (i with { Domain = Domain.Normal, Values = null }).Draw(random))];
        using OpRun<T> a = new(c, reference, x), b = new(c, simd, x);
        double[] wanted = a.Value(x);
        Compare("value", wanted, b.Value(x));
        double[] v = new InputSpec(1, wanted.Length).Draw(random);
        double[]?[] ga = a.Vjp(v), gb = b.Vjp(v);
        for (int k = 0; k < x.Length; k++)
            if (ga[k] is not null) Compare($"gradient of input {k}", ga[k]!, gb[k]!);
        Compare("tangent", a.Jvp(u), b.Jvp(u));
        return failures;

        void Compare(string what, double[] p, double[] q)
        {
            double scale = Math.Max(1e-3, p.Max(Math.Abs));
            for (int i = 0; i < p.Length; i++)
                if (!(Math.Abs(p[i] - q[i]) <= tolerance * scale)) { failures.Add($"{typeof(T).Name} {what}, element {i}: reference {p[i]:r}, simd {q[i]:r}"); return; }
        }
    }

    private static OpCase<T> Case<T>(string name) where T : unmanaged, IFloatingPointIeee754<T> => OpCases.All<T>().Single(c => c.ToString() == name);
}
