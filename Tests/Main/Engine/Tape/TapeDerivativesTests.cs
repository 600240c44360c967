using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TapeDerivativesTests : IDisposable
{
    private readonly ReferenceBackend<double> _backend = new();
    private readonly Tape<double> _tape;

    public TapeDerivativesTests() => _tape = new Tape<double>(_backend);

    public void Dispose()
    {
        _tape.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void GradientOfAHessianVectorProductOfACubic()
    {
        // y = x^3 by products: y' v = 3 x^2 v, and its gradient in x is 6 x v.
        double[] at = [0.5, -2, 3], direction = [1, 0.5, -2];
        Var x = _tape.Input(at, 1, 3, needsGrad: true), v = _tape.Input(direction, 1, 3);
        Var y = _tape.Multiply(_tape.Multiply(x, x), x);
        Var vjp = _tape.Vjp(y, x, v), jvp = _tape.Jvp(y, x, v);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(3 * at[i] * at[i] * direction[i], Read(vjp)[i], 1e-13);
            Assert.Equal(Read(vjp)[i], Read(jvp)[i], 1e-13);
        }
        _tape.Backward(vjp, [1, 1, 1]);
        var g = new double[3];
        _tape.ReadGrad(x, g);
        for (int i = 0; i < 3; i++) Assert.Equal(6 * at[i] * direction[i], g[i], 1e-12);
    }

    [Fact]
    public void WorksThroughReshapesAndSharedValues()
    {
        Var x = _tape.Input([1, 2, 3, 4, 5, 6], 2, 3, needsGrad: true);
        Var y = _tape.Add(_tape.MatMul(x, x.Reshape(3, 2)), _tape.MatMul(x, x, transposeB: true));
        Var seed = _tape.Input([1, -1, 2, 0.5], 2, 2);
        Var recorded = _tape.Vjp(y, x, seed);
        double[] wanted = new double[6];
        _tape.Backward(y, [1, -1, 2, 0.5]);
        _tape.ReadGrad(x, wanted);
        double[] got = Read(recorded);
        for (int i = 0; i < 6; i++) Assert.Equal(wanted[i], got[i], 1e-12);
    }

    [Fact]
    public void SharesAreNeverDroppedInSilence()
    {
        Var x = _tape.Input([1, 2, 3, 4], 2, 2, needsGrad: true), w = _tape.Input([1, 2, 3, 5], 2, 2, needsGrad: true);
        (Var z, Var slot) = CachedInverseLinearOp<double>.Record(_tape, x, w, w.Detach(), Var.None);
        Var one = _tape.Constant(1), ones = _tape.Constant(1, 2, 2);
        Assert.Throws<NotSupportedException>(() => _tape.Vjp(slot, x, one));
        Assert.Throws<NotSupportedException>(() => _tape.Vjp(z, x, ones));
        Assert.Throws<NotSupportedException>(() => _tape.Jvp(slot, x, ones));
        Var h = _tape.Tanh(x);
        Var part = _tape.Scale(h.Element(1), 3);
        Assert.Throws<NotSupportedException>(() => _tape.Vjp(part, x, one));
        Var direct = _tape.Scale(x.Element(2), 3);
        Assert.Throws<NotSupportedException>(() => _tape.Jvp(direct, x, ones));
        Var soft = _tape.RowSoftmax(x);
        Assert.Throws<NotSupportedException>(() => _tape.Vjp(soft, x, ones));
    }

    [Fact]
    public void RefusesWrongShapesAndStrangers()
    {
        Var x = _tape.Input([1, 2, 3, 4], 2, 2, needsGrad: true), other = _tape.Input([1.0, 2], 1, 2, needsGrad: true);
        Var y = _tape.SumRows(x);
        Assert.Contains("1x2", Assert.Throws<ArgumentException>(() => _tape.Vjp(y, x, x)).Message);
        Assert.Contains("does not depend", Assert.Throws<ArgumentException>(() => _tape.Vjp(y, other, other)).Message);
        Assert.Contains("does not depend", Assert.Throws<ArgumentException>(() => _tape.Jvp(y, other, other)).Message);
    }

    private double[] Read(Var v)
    {
        var values = new double[v.Length];
        _tape.Read(v, values);
        return values;
    }
}
