using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What probes are drawn: lengths, angles, moments, the same bits for the same numbers.</summary>
public sealed class ProbeTests
{
    public static TheoryData<ProbeKind> Kinds => [.. Enum.GetValues<ProbeKind>()];

    [Theory]
    [InlineData(5, 1)]
    [InlineData(5, 3)]
    [InlineData(5, 5)]
    [InlineData(33, 33)]
    [InlineData(1, 1)]
    public void OrthonormalProbesAre(int d, int count)
    {
        Assert.InRange(WorstAngle(Draw<double>(ProbeKind.Orthonormal, count, 40, d), count, 40, d), 0, 1e-13);
        Assert.InRange(WorstAngle([.. Draw<float>(ProbeKind.Orthonormal, count, 40, d).Select(v => (double)v)], count, 40, d), 0, 2e-5);
    }

    [Fact]
    public void SphereProbesHaveTheirLength()
    {
        double[] v = Draw<double>(ProbeKind.Sphere, 3, 40, 7);
        for (int r = 0; r < 3 * 40; r++) Assert.Equal(7, v.AsSpan(r * 7, 7).ToArray().Sum(t => t * t), 1e-13);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheCovarianceIsTheIdentity(ProbeKind kind)
    {
        const int Rows = 40_000, D = 4, Count = 3;
        double[] v = Draw<double>(kind, Count, Rows, D);
        // Every probe by itself, whatever it has to do with the others.
        for (int i = 0; i < Count; i++)
            for (int a = 0; a < D; a++)
                for (int b = 0; b <= a; b++)
                {
                    double sum = 0, squares = 0;
                    for (int r = 0; r < Rows; r++)
                    {
                        double t = v[(((i * Rows) + r) * D) + a] * v[(((i * Rows) + r) * D) + b];
                        sum += t / Rows;
                        squares += t * t / Rows;
                    }
                    double error = Math.Sqrt(Math.Max(0, squares - (sum * sum)) / Rows) + 1e-11;
                    Assert.InRange(sum, (a == b ? 1 : 0) - (4.5 * error), (a == b ? 1 : 0) + (4.5 * error));
                }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AProbeIsAFunctionOfItsNumbers(ProbeKind kind)
    {
        const int Rows = 9, D = 6;
        double[] four = Draw<double>(kind, 4, Rows, D), two = Draw<double>(kind, 2, Rows, D);
        Assert.Equal(two, four[..two.Length]);
        using var backend = new SimdBackend<double>(2);
        using var tape = new Tape<double>(backend);
        var one = new double[Rows * D];
        for (int i = 0; i < 4; i++)
        {
            tape.Read(Probes.Draw(tape, kind, Rows, D, 3, 8, i), one);
            Assert.Equal(four.AsSpan(i * Rows * D, Rows * D).ToArray(), one);
        }
        tape.Read(Probes.Draw(tape, kind, Rows, D, 3, 9, 0), one);
        Assert.NotEqual(four.AsSpan(0, Rows * D).ToArray(), one);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-30)]
    [InlineData(1e30)]
    [InlineData(0.0)]
    public void DependentVectorsBecomeOrthonormalAllTheSame(double size)
    {
        // Three vectors that are multiples of one, or zero: what is left of the others is rounding, and must not be taken for a direction twice.
        const int D = 6, Count = 3;
        double[] u = [1, 1, 1 / 3.0, 0, 0, 0.1];
        foreach (double noise in (double[])[0, 1e-17, 1e-9])
        {
            var random = new PhiloxNormals(2);
            float[] v = [.. Enumerable.Range(0, Count).SelectMany(i => u.Select(t => (float)(size * (((i + 1) * t) + (noise * random.Next())))))];
            using var backend = new SimdBackend<float>(1);
            using var tape = new Tape<float>(backend);
            Var stack = tape.Input(v, Count, D);
            OrthonormalRows.Orthonormalise(tape, stack, Count, 1);
            tape.Read(stack, v);
            Assert.InRange(WorstAngle([.. v.Select(t => t * Math.Sqrt(D))], Count, 1, D), 0, 6 * 2e-6);
            // The first keeps its direction.
            if (size > 0) Assert.Equal(u[0] / Math.Sqrt(u.Sum(t => t * t)), v[0], 1e-6);
        }
    }

    [Fact]
    public void NotANumberStaysOne()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var stack = tape.Input([1, double.NaN, 3, 4], 2, 2);
        OrthonormalRows.Orthonormalise(tape, stack, 2, 1);
        var v = new double[4];
        tape.Read(stack, v);
        Assert.Contains(v, double.IsNaN);
    }

    [Theory]
    [InlineData("""{"name":"truncated","probe":"orthonormal","probes":4}""")]
    [InlineData("""{"name":"roulette","probe":"orthonormal","probes":4}""")]
    [InlineData("""{"name":"neumann","probe":"orthonormal","probes":4}""")]
    [InlineData("""{"name":"roulette","sketch":4}""")]
    public void MoreThanThereIsRoomForIsRefusedWhenTheModelIsMade(string logDet)
    {
        string recipe = $$"""{"kind":"residual","dimension":3,"hidden":[4],"log_det":{{logDet}}}""";
        BadInputException error = Assert.Throws<BadInputException>(() => Residual<double>.FromConfig(System.Text.Json.JsonDocument.Parse(recipe).RootElement));
        Assert.Contains("4 with 3 features", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(3, Residual<double>.FromConfig(System.Text.Json.JsonDocument.Parse(recipe.Replace(":4}", ":3}", StringComparison.Ordinal)).RootElement).Dimension);
    }

    [Fact]
    public void MoreThanThereIsRoomForIsRefusedWhenDrawn()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Assert.Contains("at most 3", Assert.Throws<ArgumentException>(() => Probes.DrawAll(tape, ProbeKind.Orthonormal, 4, 2, 3, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("at most 3", Assert.Throws<ArgumentException>(() => Probes.Draw(tape, ProbeKind.Orthonormal, 2, 3, 1, 1, 3)).Message, StringComparison.Ordinal);
    }

    private static T[] Draw<T>(ProbeKind kind, int count, int rows, int d) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(1);
        using var tape = new Tape<T>(backend);
        var v = new T[count * rows * d];
        tape.Read(Probes.DrawAll(tape, kind, count, rows, d, 3, 8), v);
        return v;
    }

    // Largest |v_i . v_j / D - (i is j)| of a sample's vectors.
    private static double WorstAngle(double[] v, int count, int rows, int d)
    {
        double worst = 0;
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < count; i++)
                for (int j = 0; j <= i; j++)
                {
                    double dot = 0;
                    for (int c = 0; c < d; c++) dot += v[(((i * rows) + r) * d) + c] * v[(((j * rows) + r) * d) + c] / d;
                    worst = Math.Max(worst, Math.Abs(dot - (i == j ? 1 : 0)));
                }
        return worst;
    }
}
