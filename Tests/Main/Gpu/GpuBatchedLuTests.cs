using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Log-determinants and solves of many small matrices on the emulator: value, both derivatives, and what is singular.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuBatchedLuTests
{
    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(2, 33, true)]
    [InlineData(5, 4, false)]
    [InlineData(19, 2, true)]
    [InlineData(37, 2, false)]
    public void EqualsTheReference(int n, int count, bool backwards)
    {
        using var cpu = new ReferenceBackend<double>();
        using var gpu = GpuEmulation.Double(backwards: backwards);
        using var single = GpuEmulation.Single(backwards: backwards);
        using var cpuSingle = new ReferenceBackend<float>();
        Near(All(cpu, n, count), All(gpu, n, count), 1e-11);
        Near(All(cpuSingle, n, count), All(single, n, count), 2e-3);
        Assert.Equal(0, gpu.HostCalls);
        Assert.Equal(0, single.HostCalls);
    }

    [Fact]
    public void SingularIsToldAtTheNextRead()
    {
        using var cpu = new ReferenceBackend<double>();
        using var gpu = GpuEmulation.Double();
        double[] a = [1, 2, 3, 4, 1, 2, 2, 4, 0, 0, 0, 0], z = [1, 2, 3, 4, 5, 6];
        SingularMatrixException Solve(IBackend<double> backend)
        {
            using var tape = new Tape<double>(backend);
            return Assert.Throws<SingularMatrixException>(() => backend.Read(tape.ValueOf(tape.BatchedSolve(tape.Input(a, 6, 2), tape.Input(z, 3, 2))), new double[6]));
        }
        Assert.Equal(Solve(cpu).Message, Solve(gpu).Message);
        using var values = new Tape<double>(gpu);
        Var y = values.BatchedLogAbsDet(values.Input(a, 6, 2, needsGrad: true));
        var read = new double[3];
        gpu.Read(values.ValueOf(y), read);
        Assert.Equal(Math.Log(2), read[0], 1e-15);
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], read[1..]);
        Assert.Throws<SingularMatrixException>(() =>
        {
            values.Backward(y, [1.0, 1, 1]);
            gpu.Read(values.ValueOf(y), read);
        });
    }

    // Values, gradients and directional derivatives of both ops, one after another.
    private static double[] All<T>(IBackend<T> backend, int n, int count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(n);
        double[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (double)(float)((2 * random.NextDouble()) - 1))];
        double[] a = Draw(count * n * n), z = Draw(count * n), seed = Draw(count), direction = Draw(count * n * n), along = Draw(count * n);
        // Pivots that move, and no matrix near a singular one.
        for (int i = 0; i < count * n; i++) a[(i * n) + ((i + 1) % n)] += n;
        var result = new List<double>();
        foreach (bool solves in new[] { false, true })
        {
            InputSpec matrices = new(count * n, n), vectors = new(count, n);
            var opCase = new OpCase<T>("batched", "", solves ? [matrices, vectors] : [matrices], (t, x) => solves ? t.BatchedSolve(x[0], x[1]) : t.BatchedLogAbsDet(x[0]));
            using var run = new OpRun<T>(opCase, backend, solves ? [a, z] : [a]);
            result.AddRange(run.Value(solves ? [a, z] : [a]));
            foreach (double[]? gradient in run.Vjp(solves ? along : seed)) result.AddRange(gradient!);
            result.AddRange(run.Jvp(solves ? [direction, along] : [direction]));
        }
        return [.. result];
    }

    private static void Near(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"number {i} is {actual[i]}, expected {expected[i]}");
    }
}
