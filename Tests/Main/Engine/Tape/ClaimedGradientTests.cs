using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Gradient memory is cleared by word only; these hold that to what clearing it would give.</summary>
public sealed class ClaimedGradientTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    [InlineData(40, 0)]
    [InlineData(40, 16)]
    [InlineData(40, 39)]
    public void ElementsBesideAClaimedViewAreZero(int length, int element)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        for (int pass = 0; pass < 2; pass++)
        {
            tape.Reset();
            Var x = tape.Input(new double[length], 1, length, needsGrad: true), two = tape.Constant(2);
            Var y = tape.MatMul(x.Element(element), two);
            tape.BeginBackward(y, [1.0]);
            // What the memory holds from before must not matter.
            backend.Write([.. Enumerable.Repeat(double.NaN, length)], tape.GradOf(x));
            tape.Backward(y);
            var gradient = new double[length];
            tape.ReadGrad(x, gradient);
            for (int i = 0; i < length; i++) Assert.Equal(i == element ? 2.0 : 0.0, gradient[i]);
        }
    }

    [Fact]
    public void AParameterNobodyUsesHasZeroGradient()
    {
        using var backend = new SimdBackend<float>(1);
        using var store = new ParameterStore<float>(backend);
        Var used = store.AddParameter("used", 3, 5), unused = store.AddParameter("unused", 7, 9), also = store.AddParameter("also", 5, 3);
        store.Build();
        using var tape = new Tape<float>(backend, store);
        for (int pass = 0; pass < 2; pass++)
        {
            backend.Write([.. Enumerable.Repeat(float.NaN, store.Gradients.Length)], store.Gradients);
            tape.Reset();
            tape.Backward(tape.Sum(tape.MatMul(tape.MatMul(tape.Input(new float[6], 2, 3), used), also)));
            Assert.All(store.ReadGradient(unused), g => Assert.Equal(0f, g));
            Assert.All(store.ReadGradient(used), g => Assert.Equal(0f, g));
            var plane = new float[store.Gradients.Length];
            backend.Read(store.Gradients, plane);
            Assert.All(plane, g => Assert.Equal(0f, g));
        }
    }

    [Fact]
    public void GradientsAddUpWhenAskedTo()
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        Var w = store.AddParameter("w", 2, 2, [1, 2, 3, 4]);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        Var loss = tape.Sum(tape.MatMul(tape.Input([1, 1], 1, 2), w));
        tape.Backward(loss);
        tape.Backward(loss, accumulate: true);
        Assert.Equal([2, 2, 2, 2], store.ReadGradient(w));
        tape.Backward(loss);
        Assert.Equal([1, 1, 1, 1], store.ReadGradient(w));
    }
}
