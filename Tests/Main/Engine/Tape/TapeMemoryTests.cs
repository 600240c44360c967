using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TapeMemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void HundredStepsAllocateNothing(int threads)
    {
        using IBackend<float> backend = threads == 0 ? new ReferenceBackend<float>() : new SimdBackend<float>(threads);
        using var store = new ParameterStore<float>(backend);
        var random = new Random(5);
        Var w = store.AddParameter("w", 32, 16, new InputSpec(32, 16).Draw(random)), b = store.AddParameter("b", 1, 32);
        Var v = store.AddParameter("v", 16, 32, new InputSpec(16, 32).Draw(random));
        store.Build();
        using var tape = new Tape<float>(backend, store, capacity: 64);
        float[] batch = OpRun<float>.Of(new InputSpec(40, 16).Draw(random));
        float loss = Step(tape, batch, w, b, v);
        Assert.True(tape.Growths > 0);
        for (int i = 0; i < 30; i++) Step(tape, batch, w, b, v);
        int growths = tape.Growths;
        long capacity = tape.CapacityElements, elements = backend.AllocatedElements, bytes = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Step(tape, batch, w, b, v);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Assert.Equal(0, allocated);
        Assert.Equal(growths, tape.Growths);
        Assert.Equal(capacity, tape.CapacityElements);
        Assert.Equal(elements, backend.AllocatedElements);
        Assert.Equal(loss, Step(tape, batch, w, b, v));
    }

    [Fact]
    public void GrowthIsCounted()
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend, capacity: 100);
        Assert.Equal(0, tape.Growths);
        long before = tape.CapacityElements;
        tape.Constant(0, 1, 96);
        Assert.Equal(0, tape.Growths);
        tape.Constant(0, 20, 20);
        Assert.Equal(1, tape.Growths);
        Assert.True(tape.CapacityElements >= before + 400);
        tape.Reset();
        tape.Constant(0, 1, 96);
        tape.Constant(0, 20, 20);
        Assert.Equal(1, tape.Growths);
    }

    [Fact]
    public void DisposeGivesEverythingBack()
    {
        using var backend = new SimdBackend<float>(1);
        using (var tape = new Tape<float>(backend, capacity: 16))
        {
            Var x = tape.Input(new float[50], 5, 10, needsGrad: true);
            tape.Backward(tape.Sum(tape.Tanh(x)));
            tape.ClearTangents();
            Assert.True(backend.AllocatedElements > 0);
        }
        Assert.Equal(0, backend.AllocatedElements);
    }

    private static float Step(Tape<float> tape, float[] batch, Var w, Var b, Var v)
    {
        tape.Reset();
        Var x = tape.Input(batch, 40, 16);
        Var z = tape.MatMul(tape.Tanh(tape.Add(tape.MatMul(x, w, transposeB: true), b)), v, transposeB: true);
        Var loss = tape.Scale(tape.Mean(tape.StandardNormalLogProb(tape.ConcatColumns(z, tape.SliceColumns(x, 2, 5)))), -1);
        tape.Backward(loss);
        return tape.Scalar(loss);
    }
}
