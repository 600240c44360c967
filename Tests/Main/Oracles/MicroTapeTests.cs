using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class MicroTapeTests
{
    private const int Batch = 3, Inputs = 4, Hidden = 5, Outputs = 2;

    [Fact]
    public void KnowsTheQuotientRule()
    {
        var tape = new MicroTape();
        MicroTape.Number a = tape.Variable(3), b = tape.Variable(2);
        (a / b + (a * b).Log() - b.Exp() + b).Backward();
        Assert.Equal(1 / 2.0 + 1 / 3.0, a.Gradient, 1e-15);
        Assert.Equal(-3 / 4.0 + 1 / 2.0 - Math.Exp(2) + 1, b.Gradient, 1e-14);
    }

    [Fact]
    public void AgreesWithTheEngineOnASmallNetwork()
    {
        // loss = mean over the batch of sum tanh(tanh(x W^T + b) V^T + c)^2 - log sum exp of the outputs
        var random = new Random(12);
        double[] Draw(int n) => new InputSpec(1, n).Draw(random);
        double[] x = Draw(Batch * Inputs), w = Draw(Hidden * Inputs), b = Draw(Hidden), v = Draw(Outputs * Hidden), c = Draw(Outputs);

        var micro = new MicroTape();
        MicroTape.Number[] mx = micro.Variables(x), mw = micro.Variables(w), mb = micro.Variables(b), mv = micro.Variables(v), mc = micro.Variables(c);
        MicroTape.Number microLoss = micro.Variable(0);
        for (int r = 0; r < Batch; r++)
        {
            MicroTape.Number[] h = Layer(mx[(r * Inputs)..((r + 1) * Inputs)], mw, mb), o = Layer(h, mv, mc);
            MicroTape.Number exps = micro.Variable(0);
            foreach (MicroTape.Number y in o)
            {
                microLoss += 1.0 / Batch * (y * y);
                exps += y.Exp();
            }
            microLoss -= 1.0 / Batch * exps.Log();
        }
        microLoss.Backward();

        foreach (IBackend<double> backend in (IBackend<double>[])[new ReferenceBackend<double>(), new SimdBackend<double>(2)])
            using (backend)
            {
                using var store = new ParameterStore<double>(backend);
                Var ew = store.AddParameter("w", Hidden, Inputs, w), eb = store.AddParameter("b", 1, Hidden, b);
                Var ev = store.AddParameter("v", Outputs, Hidden, v), ec = store.AddParameter("c", 1, Outputs, c);
                store.Build();
                using var tape = new Tape<double>(backend, store);
                Var ex = tape.Input(x, Batch, Inputs, needsGrad: true);
                Var hidden = tape.Tanh(tape.Add(tape.MatMul(ex, ew, transposeB: true), eb));
                Var output = tape.Tanh(tape.Add(tape.MatMul(hidden, ev, transposeB: true), ec));
                Var loss = tape.Subtract(tape.Sum(tape.Square(output), 1.0 / Batch), tape.Mean(tape.RowLogSumExp(output)));
                tape.Backward(loss);
                Assert.Equal(microLoss.Value, tape.Scalar(loss), 1e-13);
                Same(mw, store.ReadGradient(ew));
                Same(mb, store.ReadGradient(eb));
                Same(mv, store.ReadGradient(ev));
                Same(mc, store.ReadGradient(ec));
                var gx = new double[x.Length];
                tape.ReadGrad(ex, gx);
                Same(mx, gx);
            }
    }

    private static MicroTape.Number[] Layer(MicroTape.Number[] x, MicroTape.Number[] weight, MicroTape.Number[] bias)
        => [.. bias.Select((sum, o) => x.Select((value, i) => value * weight[o * x.Length + i]).Aggregate(sum, (p, q) => p + q).Tanh())];

    private static void Same(MicroTape.Number[] wanted, double[] got)
    {
        Assert.Equal(wanted.Length, got.Length);
        Assert.Contains(got, g => g != 0);
        for (int i = 0; i < got.Length; i++) Assert.Equal(wanted[i].Gradient, got[i], 1e-13);
    }
}
