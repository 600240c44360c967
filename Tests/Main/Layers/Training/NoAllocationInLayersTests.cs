using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Recording a layer, walking it back and recording its inverse takes no managed memory after the first times, and the tape does not grow.</summary>
[Collection(AloneCollection.Name)]
public sealed class NoAllocationInLayersTests
{
    public static TheoryData<string> Names => [.. BijectorCase.All.Where(c => c.Kind is "autoregressive" or "bnaf" or "free-form" or "iaf-gated").Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void NothingIsAllocated(string name)
    {
        BijectorCase test = BijectorCase.All.Single(c => c.Name == name);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using var tape = new Tape<double>(backend, store);
        double[] x = test.Inputs(16, b.Dimension, 3);
        for (int i = 0; i < 30; i++) Step(b, tape, x);
        int growths = tape.Growths;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Step(b, tape, x);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(growths, tape.Growths);
        store.Dispose();
    }

    private static void Step(IBijector<double> b, Tape<double> tape, double[] x)
    {
        foreach (bool records in (ReadOnlySpan<bool>)[true, false])
        {
            tape.Reset();
            tape.RecordsGradients = records;
            FlowStep step = b.Forward(tape, tape.Input(x, x.Length / b.Dimension, b.Dimension, needsGrad: true), new StepContext { Mode = FlowMode.Train });
            FlowStep back = b.Inverse(tape, step.Output.Detach(), new StepContext { Mode = FlowMode.Train });
            if (records) tape.Backward(tape.Add(tape.Sum(tape.Add(step.Output, back.Output)), tape.Sum(tape.Add(step.LogAbsDet, back.LogAbsDet))));
        }
    }
}
