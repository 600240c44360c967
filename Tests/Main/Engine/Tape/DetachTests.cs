using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Detach makes a constant of a value for every kind of derivative, not only for backward. y = x * detach(x) has y' = x, not 2 x.</summary>
public sealed class DetachTests
{
    [Fact]
    public void Gradient_tangent_and_recorded_derivatives_stop_at_a_detached_handle()
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        Var x = tape.Input([3.0, -2.0], 1, 2, needsGrad: true), y = tape.Multiply(x, x.Detach());
        Var ones = tape.Constant(1, 1, 2);
        Var vjp = tape.Vjp(y, x, ones), jvp = tape.Jvp(y, x, ones);
        var values = new double[2];
        tape.Read(vjp, values);
        Assert.Equal([3.0, -2.0], values);
        tape.Read(jvp, values);
        Assert.Equal([3.0, -2.0], values);

        tape.Backward(y, [1.0, 1.0]);
        tape.ReadGrad(x, values);
        Assert.Equal([3.0, -2.0], values);

        tape.ClearTangents();
        backend.Write([1.0, 1.0], tape.TangentOf(x));
        tape.PushForward();
        backend.Read(tape.TangentOf(y), values);
        Assert.Equal([3.0, -2.0], values);
    }
}
