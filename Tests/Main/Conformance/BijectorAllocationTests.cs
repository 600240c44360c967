using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A step through any bijector, forward and backward, allocates nothing once it has run.</summary>
public sealed class BijectorAllocationTests
{
    public static TheoryData<string> Names => [.. BijectorCase.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AStepAllocatesNothing(string name)
    {
        BijectorCase test = BijectorCase.All.Single(c => c.Name == name);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using var tape = new Tape<double>(backend, store);
        double[] x = test.Inputs(16, b.Dimension, 3);
        Assert.Equal(0, Bytes(tape, b, x));
        store.Dispose();
    }

    [Fact]
    public void AnAllocationIsSeen()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Assert.True(Bytes(tape, new Wasteful(), new double[4]) > 0);
    }

    private static long Bytes(Tape<double> tape, IBijector<double> b, double[] x)
    {
        for (int i = 0; i < 40; i++) Step(tape, b, x, i);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Step(tape, b, x, 40 + i);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Step(Tape<double> tape, IBijector<double> b, double[] x, int step)
    {
        tape.Reset();
        Var input = tape.Input(x, x.Length / b.Dimension, b.Dimension, needsGrad: true);
        FlowStep result = b.Forward(tape, input, new StepContext { Mode = FlowMode.Train, Step = step });
        tape.Backward(tape.Add(tape.Sum(result.Output), tape.Sum(result.LogAbsDet)));
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
