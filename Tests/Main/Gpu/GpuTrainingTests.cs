using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Training on the emulated device: the CPU's model within rounding, nothing through the host, and the same bits however its items are ordered and however often it is stopped.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuTrainingTests
{
    private const int Steps = 12, ReportEvery = 5;

    public static TheoryData<string> Flows => ["exact-lu", "snf-published", "snf-reconstruction", "relative", "stale-inverse", "newton-schulz", "affine-coupling", "spline-coupling", "images"];

    [Theory]
    [MemberData(nameof(Flows))]
    public void The_model_is_that_of_the_cpu(string name)
    {
        RequireCpuModel(name, GpuEmulation.Double(), 1e-10);
        RequireCpuModel(name, GpuEmulation.Single(), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void The_order_of_items_changes_no_bit(string name)
    {
        using var forwards = new GpuTrainingRun<float>(name, GpuEmulation.Single(), ReportEvery);
        using var backwards = new GpuTrainingRun<float>(name, GpuEmulation.Single(backwards: true), ReportEvery);
        List<StepReport> one = forwards.RunTo(Steps), two = backwards.RunTo(Steps);
        Assert.Equal(one, two);
        Assert.Equal(forwards.State(), backwards.State());
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void A_resumed_run_ends_with_the_same_bits(string name)
    {
        using var folder = new TempFolder();
        string path = folder.At("checkpoint.safetensors");
        using var whole = new GpuTrainingRun<float>(name, GpuEmulation.Single(), ReportEvery);
        whole.RunTo(Steps);
        using (var first = new GpuTrainingRun<float>(name, GpuEmulation.Single(), ReportEvery))
        {
            first.RunTo(7);
            Checkpoint.Save(first.Trainer, path, "{}");
        }
        using var second = new GpuTrainingRun<float>(name, GpuEmulation.Single(), ReportEvery);
        Checkpoint.Load(second.Trainer, path);
        second.RunTo(Steps);
        Assert.Equal(whole.Trainer.State.Step, second.Trainer.State.Step);
        Assert.Equal(whole.State(), second.State());
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void Nothing_goes_through_the_host_and_nothing_is_read_between_reports(string name)
    {
        var device = GpuEmulation.Single();
        var counting = new CountingBackend<float>(device, detours: () => device.HostCalls);
        using var run = new GpuTrainingRun<float>(name, counting, ReportEvery);
        run.RunTo(1);
        counting.Detours.Clear();
        (long reads, long calls) = (counting.Reads, device.HostCalls);
        List<long> between = [];
        run.RunTo(Steps, report =>
        {
            // The first of those reported together.
            if (report.Step % ReportEvery != 0 && report.Step % run.StepsPerEpoch != 0) return;
            between.Add(counting.Reads - reads);
            reads = counting.Reads;
        });
        Assert.True(counting.Detours.Count == 0, $"through the host: {string.Join(", ", counting.Detours)}");
        Assert.Equal(calls, device.HostCalls);
        // A report takes the numbers of its steps, and what checks have found; nothing else is read.
        Assert.All(between, n => Assert.Equal(2, n));
        Assert.True(between.Count > 1);
    }

    [Fact]
    public void Values_outside_a_domain_are_found_in_memory()
    {
        using var gpu = GpuEmulation.Single();
        using var cpu = new SimdBackend<float>(1);
        foreach ((int rows, int cols) in (ReadOnlySpan<(int, int)>)[(1, 1), (3, 50), (70, 2), (5, 33)])
            foreach (int bad in (ReadOnlySpan<int>)[0, (rows * cols) - 1, rows * cols / 2, -1])
                foreach (float value in (ReadOnlySpan<float>)[2, -1, float.NaN, 1])
                    foreach (bool closed in (ReadOnlySpan<bool>)[false, true])
                    {
                        var x = new float[rows * cols];
                        Array.Fill(x, 0.5f);
                        if (bad >= 0) x[bad] = value;
                        if (bad >= 0 && bad + 3 < x.Length) x[bad + 3] = 7;
                        Assert.Equal(Finding(cpu, x, rows, cols, closed), Finding(gpu, x, rows, cols, closed));
                    }
    }

    // What a check of [0, 1] says when the tape is next read.
    private static string? Finding(IBackend<float> backend, float[] x, int rows, int cols, bool closed)
    {
        using var tape = new Tape<float>(backend);
        Var v = tape.Input(x, rows, cols);
        var e = (OutsideDomainException?)Record.Exception(() =>
        {
            tape.RequireBetween(v, 0, 1, "check", "mend it", closed);
            tape.Read(v, new float[x.Length]);
        });
        return e?.Message;
    }

    /// <summary>Trains on a device, which the run then owns, and on the CPU; the models must give the same log-likelihoods.</summary>
    internal static void RequireCpuModel<T>(string name, IBackend<T> device, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var gpu = new GpuTrainingRun<T>(name, device, ReportEvery);
        using var cpu = new GpuTrainingRun<T>(name, new SimdBackend<T>(1), 1);
        T[] start = cpu.State();
        gpu.RunTo(Steps);
        cpu.RunTo(gpu.Trainer.State.Step);
        double[] got = gpu.LogProb(), wanted = cpu.LogProb();
        Assert.NotEqual(start, cpu.State());
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(got[i] - wanted[i]) <= tolerance * Math.Max(1, Math.Abs(wanted[i])), $"{typeof(T).Name}: row {i} has log-likelihood {got[i]:R}, trained on the CPU {wanted[i]:R}");
    }
}
