using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Recording a bijector and walking back takes no managed memory once warm: forward in training and evaluation, and the inverse.</summary>
public sealed class BijectorAllocation
{
    public static TheoryData<string> Names => [.. BijectorCase.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AWarmStepTakesNoMemory(string name)
    {
        BijectorCase test = BijectorCase.All.Single(c => c.Name == name);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using (store)
        using (var tape = new Tape<double>(backend, store))
        {
            double[] x = test.Inputs(4, b.Dimension, 7), z = BijectorChecks.Run(b, backend, store, x, inverse: false).Out;
            // After thirty, compiled code has been replaced by its faster form as well.
            for (int i = 0; i < 30; i++) Steps(b, tape, x, z);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++) Steps(b, tape, x, z);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static void Steps(IBijector<double> b, Tape<double> tape, double[] x, double[] z)
    {
        for (int way = 0; way < 3; way++)
        {
            tape.Reset();
            Var v = tape.Input(way == 2 ? z : x, 4, b.Dimension, needsGrad: true);
            var c = new StepContext { Mode = way == 0 ? FlowMode.Train : FlowMode.Evaluate };
            FlowStep step = way == 2 ? b.Inverse(tape, v, c) : b.Forward(tape, v, c);
            tape.Backward(tape.Add(tape.Sum(step.Output), tape.Sum(step.LogAbsDet)));
        }
    }

    [Fact]
    public void AnAllocationIsSeen()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = new double[8];
        for (int i = 0; i < 3; i++) Steps(new Wasteful(), tape, x, x);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Steps(new Wasteful(), tape, x, x);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() > before);
    }

    private sealed class Wasteful : IBijector<double>
    {
        public string Kind => "wasteful";

        public int Dimension => 2;

        public void Attach(ParameterStore<double> store, string scope, ulong seed)
        {
        }

        public FlowStep Forward(Tape<double> tape, Var x, in StepContext c) => FlowStep.Exact(tape.Add(x, tape.Input(new double[x.Length], x.Rows, x.Cols)), tape.Constant(0));

        public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c) => Forward(tape, z, c);

        public void WriteConfig(System.Text.Json.Utf8JsonWriter json)
        {
        }
    }
}
