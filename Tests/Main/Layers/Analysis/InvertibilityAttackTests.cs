using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The attack climbs to the worst point of the ball, and leaves a sound flow where it was.</summary>
public sealed class InvertibilityAttackTests
{
    [Fact]
    public void It_finds_the_corner_where_the_error_is_largest()
    {
        using Flow<double> flow = Lossy(double.PositiveInfinity);
        AttackReport report = InvertibilityAttack.Run<double>(flow, [1.0, -1.0], [1.0]);
        // 0.01 x^2 at the ball's far end.
        Assert.Equal(0.01, report.Before, 1e-12);
        Assert.Equal(0.01 * 1.05 * 1.05, report.Attacked, 1e-12);
        Assert.InRange(report.Random, 0.0105, 0.01 * 1.05 * 1.05);
        Assert.Equal((2, 200, 0L, 0L, 0L), (report.Rows, report.Steps, report.NonFiniteBefore, report.NonFiniteRandom, report.NonFiniteAttacked));
        Assert.Equal(report, InvertibilityAttack.Run<double>(flow, [1.0, -1.0], [1.0]));
        // In units of the scale, and inside the bounds.
        AttackReport scaled = InvertibilityAttack.Run<double>(flow, [1.0], [2.0], new AttackOptions { High = 1.03 });
        Assert.Equal(0.01 * 1.03 * 1.03 / 2, scaled.Attacked, 1e-12);
    }

    [Fact]
    public void Points_without_a_way_back_are_counted()
    {
        using Flow<double> flow = Lossy(1.02);
        AttackReport report = InvertibilityAttack.Run<double>(flow, [1.0], [1.0]);
        Assert.Equal(0, report.NonFiniteBefore);
        Assert.InRange(report.NonFiniteAttacked, 1, 200);
        Assert.InRange(report.NonFiniteRandom, 1, 199);
        Assert.True(double.IsFinite(report.Attacked));
    }

    [Fact]
    public void A_sound_flow_in_single_precision_withstands()
    {
        const int D = 8;
        using var flow = new Flow<float>([new Linear<float>(D), new SmoothLeakyRelu<float>(D, 0.3), new Linear<float>(D)], new StandardNormal<float>(D), 3, new SimdBackend<float>(1));
        AttackReport report = InvertibilityAttack.Run<float>(flow, Array.ConvertAll(new PhiloxNormals(4).Take(10 * D), v => (float)v), Enumerable.Repeat(1.0, D).ToArray());
        Assert.InRange(report.Random, 1e-9, 1e-4);
        Assert.InRange(report.Ratio, 0.1, 10);
    }

    [Fact]
    public void It_can_be_stopped_and_refuses_what_does_not_fit()
    {
        using Flow<double> flow = Lossy(double.PositiveInfinity);
        using var stop = new CancellationTokenSource();
        AttackReport report = InvertibilityAttack.Run<double>(flow, [1.0], [1.0], new AttackOptions { Progress = (done, _) => { if (done == 3) stop.Cancel(); } }, stop.Token);
        Assert.Equal(3, report.Steps);
        Assert.Throws<ArgumentException>(() => InvertibilityAttack.Run<double>(flow, [1.0], [0.0]));
        Assert.Throws<ArgumentException>(() => InvertibilityAttack.Run<double>(flow, [1.0], [1.0, 1.0]));
        Assert.Throws<ArgumentException>(() => InvertibilityAttack.Run<double>(flow, [1.0], [1.0], new AttackOptions { Radius = 0 }));
    }

    private static Flow<double> Lossy(double end) => new([new LossyInverse(end)], new StandardNormal<double>(1), 0, new SimdBackend<double>(1));

    // z = x; the way back is x + x^2 / 100, and no number beyond the end.
    private sealed class LossyInverse(double end) : IBijector<double>
    {
        public string Kind => "lossy";

        public int Dimension => 1;

        public void Attach(ParameterStore<double> store, string scope, ulong seed)
        {
        }

        public FlowStep Forward(Tape<double> tape, Var x, in StepContext c) => FlowStep.Exact(tape.Scale(x, 1), tape.Constant(0));

        public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c)
        {
            Var x = tape.Add(z, tape.Scale(tape.Square(z), 0.01));
            if (double.IsFinite(end)) x = tape.Add(x, tape.Scale(tape.Sqrt(tape.AddConstant(tape.Negate(z), end)), 0));
            return FlowStep.Exact(x, tape.Constant(0));
        }

        public void WriteConfig(Utf8JsonWriter json)
        {
        }
    }
}
