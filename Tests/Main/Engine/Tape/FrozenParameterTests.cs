using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class FrozenParameterTests
{
    [Fact]
    public void Frozen_parameters_are_constants_and_inputs_keep_their_derivatives()
    {
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        Var w = store.AddParameter("w", 2, 2, [2, 1, 0, 3]);
        store.Build();
        using var tape = new Tape<double>(backend, store) { FreezesParameters = true };
        Var x = tape.Input([5.0, 7], 1, 2, needsGrad: true), y = tape.MatMul(x, w, transposeB: true), logDet = tape.LogAbsDet(w);
        Assert.False(logDet.NeedsGrad);
        Assert.Equal(Math.Log(6), tape.Scalar(logDet), 1e-15);
        tape.Backward(y, [1.0, 10]);
        double[] gradient = new double[2], tangent = new double[2];
        tape.ReadGrad(x, gradient);
        Assert.Equal([2.0, 31], gradient);
        Assert.All(store.ReadGradient(w), g => Assert.Equal(0, g));

        tape.ClearTangents();
        backend.Write([1.0, 10], tape.TangentOf(x));
        // The parameter's own tangent counts for nothing while it is frozen.
        backend.Write([9.0, 9, 9, 9], tape.TangentOf(w));
        tape.PushForward();
        backend.Read(tape.TangentOf(y), tangent);
        Assert.Equal([12.0, 30], tangent);

        tape.FreezesParameters = false;
        tape.Reset();
        Var again = tape.MatMul(tape.Input([5.0, 7], 1, 2), w, transposeB: true);
        tape.Backward(again, [1.0, 10]);
        Assert.Equal([5.0, 7, 50, 70], store.ReadGradient(w));
    }
}
