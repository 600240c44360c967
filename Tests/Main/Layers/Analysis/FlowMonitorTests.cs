using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class FlowMonitorTests
{
    private const int D = 16, Rows = 4;

    [Theory]
    [InlineData(1ul)]
    [InlineData(2ul)]
    [InlineData(3ul)]
    public void Power_iteration_is_within_a_hundredth_of_all_singular_values(ulong seed)
    {
        using Flow<double> flow = Networks<double>(seed);
        double[] probe = new PhiloxNormals(seed + 40).Take(Rows * D);
        using var dense = new FlowMonitor<double>(flow, probe, options: new FlowMonitorOptions { DenseRows = Rows });
        using var power = new FlowMonitor<double>(flow, probe, options: new FlowMonitorOptions { DenseLimit = 0 });
        FlowMonitorReport exact = dense.Look(0), estimate = power.Look(0);
        // The vectors are kept: a second and third look go on where the first ended.
        for (int look = 1; look < 3; look++) estimate = power.Look(look);
        foreach ((MapReport e, MapReport p) in exact.Layers.Prepend(exact.Flow).Zip(estimate.Layers.Prepend(estimate.Flow)))
        {
            Assert.True(e.IsDense);
            Assert.False(p.IsDense);
            Assert.Equal(e.Name, p.Name);
            Assert.InRange(p.Largest / e.Largest, 0.99, 1 + 1e-9);
            Assert.InRange(p.LargestOfInverse / e.LargestOfInverse, 0.99, 1 + 1e-9);
            Assert.InRange(p.Condition / e.Condition, 0.98, 1 + 1e-9);
            Assert.True(double.IsNaN(p.ExpandingShare));
            Assert.InRange(e.ExpandingShare, 0, 1);
        }

        Assert.Empty(exact.Alarms);
        // The basis kept from the look before changes nothing but rounding.
        Assert.Equal(exact.Flow.Largest, dense.Look(1).Flow.Largest, 1e-10 * exact.Flow.Largest);
        Assert.Equal(exact.Flow.LargestOfInverse, dense.Look(2).Flow.LargestOfInverse, 1e-9 * exact.Flow.LargestOfInverse);
    }

    [Fact]
    public void Layers_log_determinants_add_up_to_the_flows_and_the_balance_is_a_features()
    {
        using Flow<double> flow = Networks<double>(5);
        double[] probe = new PhiloxNormals(8).Take(Rows * D), expected = new double[Rows];
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        tape.Read(flow.Forward(tape, tape.Input(probe, Rows, D), new StepContext()).LogAbsDet, expected);
        using var monitor = new FlowMonitor<double>(flow, probe);
        FlowMonitorReport report = monitor.Look(7);
        double mean = expected.Average(), deviation = Math.Sqrt(expected.Average(l => (l - mean) * (l - mean)));
        Assert.Equal(mean, report.Flow.LogDetMean, 1e-10);
        Assert.Equal(mean, report.Layers.Sum(l => l.LogDetMean), 1e-10);
        Assert.Equal(deviation, report.Flow.LogDetDeviation, 1e-10);
        Assert.Equal(mean / D, report.Flow.Balance, 1e-10);
        Assert.Equal(7, report.Step);
        Assert.Equal(0, report.Layers[1].LogDetDeviation);
        Assert.InRange(report.RoundTrip.Largest, 0, 1e-9);
        // Without the spectrum the rest is the same.
        FlowMonitorReport quick = monitor.Look(8, spectrum: false);
        Assert.Equal(report.Flow.LogDetMean, quick.Flow.LogDetMean);
        Assert.All(quick.Layers.Append(quick.Flow), m => Assert.True(double.IsNaN(m.Largest) && double.IsNaN(m.Condition)));
        Assert.DoesNotContain("singular", quick.Summary, StringComparison.Ordinal);
        Assert.Contains("no alarm", report.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void A_planted_singular_value_of_1e7th_is_found_and_alarmed(int denseLimit)
    {
        using var flow = new Flow<float>([new Linear<float>(D), new SmoothLeakyRelu<float>(D, 0.9)], new StandardNormal<float>(D), 1, new ReferenceBackend<float>());
        float[] probe = Array.ConvertAll(new PhiloxNormals(3).Take(Rows * D), v => (float)v);
        using var monitor = new FlowMonitor<float>(flow, probe, options: new FlowMonitorOptions { DenseLimit = denseLimit });
        Assert.Empty(monitor.Look(0).Alarms);
        var w = new double[D * D];
        for (int i = 0; i < D; i++) w[i * D + i] = 1;
        w[5 * D + 5] = 1e-7;
        flow.Store.Write(flow.Store.Find("layers.0.weight"), w);
        FlowMonitorReport report = monitor.Look(100);
        Assert.Equal((double)1e-7f, report.Layers[0].Smallest, 1e-12);
        Assert.Equal(1 / (double)1e-7f, report.Layers[0].Condition, 1e3);
        FlowAlarm alarm = report.Alarms.First(a => a.Where == "layers.0.linear");
        Assert.Equal(FlowAlarmKind.Conditioning, alarm.Kind);
        Assert.Contains("layers.0.linear", alarm.ToString(), StringComparison.Ordinal);
        // SmoothLeakyRelu has no cheap exact inverse for every layer kind; by power iteration the whole flow is judged only where all have one.
        if (denseLimit > 0) Assert.Contains(report.Alarms, a => a.Kind == FlowAlarmKind.Conditioning && a.Where == "flow");
    }

    [Fact]
    public void A_lost_round_trip_and_a_jump_of_the_log_determinant_are_alarmed()
    {
        using var flow = new Flow<float>([new Linear<float>(2), new SmoothLeakyRelu<float>(2, 0.3)], new StandardNormal<float>(2), 1, new ReferenceBackend<float>());
        float[] probe = [0.3f, -1.2f, 1.1f, 0.4f, -0.7f, 0.9f, 2.1f, -0.2f];
        using var monitor = new FlowMonitor<float>(flow, probe);
        Assert.Empty(monitor.Look(0).Alarms);
        // Condition 4e6: float forgets where it came from, double does not.
        flow.Store.Write(flow.Store.Find("layers.0.weight"), [1, 1, 1, 1 + 1e-6]);
        FlowMonitorReport report = monitor.Look(1);
        Assert.Contains(report.Alarms, a => a.Kind == FlowAlarmKind.RoundTrip && a.Value > 1e-3);
        Assert.InRange(report.RoundTripInDouble.Largest, 0, 1e-8);
        FlowAlarm jump = report.Alarms.Single(a => a.Kind == FlowAlarmKind.LogDetJump);
        Assert.Equal("flow", jump.Where);
        Assert.True(jump.Value > 10);
        Assert.DoesNotContain(monitor.Look(2).Alarms, a => a.Kind == FlowAlarmKind.LogDetJump);
    }

    [Fact]
    public void What_is_broken_is_reported_and_not_thrown()
    {
        using var flow = new Flow<double>([new Linear<double>(2), new Linear<double>(2)], new StandardNormal<double>(2), 1, new ReferenceBackend<double>());
        using var monitor = new FlowMonitor<double>(flow, [1.0, 2.0]);
        flow.Store.Write(flow.Store.Find("layers.0.weight"), [1, 1, 1, 1]);
        FlowMonitorReport report = monitor.Look(0);
        FlowAlarm alarm = report.Alarms.First(a => a.Where == "layers.0.linear");
        Assert.True(alarm.Kind is FlowAlarmKind.NonFinite or FlowAlarmKind.Failure, alarm.Kind.ToString());
        Assert.Single(report.Layers);
        Assert.True(double.IsNaN(report.Flow.Largest));
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("flow").GetProperty("largest").ValueKind);
        Assert.Equal(report.Alarms.Count, json.RootElement.GetProperty("alarms").GetArrayLength());
    }

    [Fact]
    public void A_context_goes_along_with_its_row()
    {
        bool[] moved = [false, true];
        using var flow = new Flow<double>([new Coupling<double>(moved, new AffineTransformer<double>(), new Mlp<double>(2, 2, [8], Activation.Tanh), context: 1)], new StandardNormal<double>(2), 4, new ReferenceBackend<double>());
        Fill(flow, 6, 0.8);
        double[] probe = [0.5, 1, 0.5, 1], context = [-2.0, 3.0], expected = new double[2];
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        tape.Read(flow.Forward(tape, tape.Input(probe, 2, 2), new StepContext { Context = tape.Input(context, 2, 1) }).LogAbsDet, expected);
        using var monitor = new FlowMonitor<double>(flow, probe, context, new FlowMonitorOptions { DenseRows = 2 });
        FlowMonitorReport report = monitor.Look(0);
        Assert.NotEqual(expected[0], expected[1]);
        Assert.Equal(expected.Average(), report.Flow.LogDetMean, 1e-12);
        // Rows differ in their contexts alone: in two dimensions with a shear, sigma1 sigma2 = |det|, so the worst condition is at least that of the worse row.
        using var one = new FlowMonitor<double>(flow, probe.AsSpan(0, 2), context.AsSpan(0, 1));
        using var other = new FlowMonitor<double>(flow, probe.AsSpan(2, 2), context.AsSpan(1, 1));
        Assert.Equal(Math.Max(one.Look(0).Flow.Condition, other.Look(0).Flow.Condition), report.Flow.Condition, 1e-9 * report.Flow.Condition);
        Assert.Contains("context", Assert.Throws<ArgumentException>(() => new FlowMonitor<double>(flow, probe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_with_the_monitor_gives_the_same_bits()
    {
        using TempFolder temp = new();
        string plain = temp.At("plain"), watched = temp.At("watched");
        CommandLine.Succeed("train", "--epochs", "2", "--out", plain, "--quiet");
        string said = CommandLine.Succeed("train", "--epochs", "2", "--out", watched, "--quiet", "--monitor", "20");
        Assert.Equal(File.ReadAllBytes(Path.Combine(plain, "model.safetensors")), File.ReadAllBytes(Path.Combine(watched, "model.safetensors")));
        string[] looks = File.ReadAllLines(Path.Combine(watched, "monitor.jsonl"));
        Assert.Equal([20, 40, 60], looks.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("step").GetInt64()));
        JsonElement last = JsonDocument.Parse(looks[^1]).RootElement;
        Assert.Equal(last.GetProperty("flow").GetProperty("log_det").GetDouble(), last.GetProperty("layers").EnumerateArray().Sum(l => l.GetProperty("log_det").GetDouble()), 1e-10);
        Assert.Contains("monitor step 60: ", said, StringComparison.Ordinal);
        // Singular values at every fourth look, from the first.
        Assert.Equal([JsonValueKind.Number, JsonValueKind.Null, JsonValueKind.Null], looks.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("flow").GetProperty("largest").ValueKind));
        Assert.False(File.Exists(Path.Combine(plain, "monitor.jsonl")));
        CommandLine.RefuseInput(["train", "--monitor", "0", "--out", temp.At("no")], "--monitor");
    }

    private static Flow<T> Networks<T>(ulong seed) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        Coupling<T> Layer(int parity) => new([.. Enumerable.Range(0, D).Select(j => j % 2 != parity)], new AffineTransformer<T>(), new Mlp<T>(D / 2, D, [32], Activation.Tanh));
        var flow = new Flow<T>([Layer(0), new Linear<T>(D), Layer(1)], new StandardNormal<T>(D), seed, new SimdBackend<T>(1));
        Fill(flow, seed, 0.25);
        return flow;
    }

    private static void Fill<T>(Flow<T> flow, ulong seed, double scale) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var normals = new PhiloxNormals(seed + 90);
        foreach (ParameterStore<T>.Entry p in flow.Store.Parameters) flow.Store.Write(p.Var, Array.ConvertAll(normals.Take(p.Var.Length), v => scale * v));
    }
}
