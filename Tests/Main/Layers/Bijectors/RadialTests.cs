using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The radial flow where its formulas break: at the center, and where the quadratic of its inverse has p = 0.</summary>
public sealed class RadialTests
{
    [Fact]
    public void TheCenterIsAFixedPointWithFiniteGradients()
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
            foreach (bool inverse in (bool[])[false, true])
            {
                using ParameterStore<double> store = Make(backend, 0.5, 2, out Radial<double> layer);
                double[] center = store.Read(store.Find("layer.center"));
                using var tape = new Tape<double>(backend, store);
                Var x = tape.Input(center, 1, 3, needsGrad: true);
                FlowStep step = inverse ? layer.Inverse(tape, x, new StepContext()) : layer.Forward(tape, x, new StepContext());
                var z = new double[3];
                tape.Read(step.Output, z);
                Assert.Equal(center, z);
                // 1 + b^/|alpha| in every direction.
                double expected = 3 * Math.Log(Math.Log(1 + Math.Exp(2)) / 0.5);
                Assert.Equal(inverse ? -expected : expected, tape.Scalar(step.LogAbsDet), 1e-12);
                tape.Backward(tape.Add(tape.Sum(step.Output), step.LogAbsDet));
                var gradient = new double[3];
                tape.ReadGrad(x, gradient);
                foreach (double g in gradient) Assert.Equal(Math.Exp(inverse ? -expected / 3 : expected / 3), g, 1e-12);
                foreach (ParameterStore<double>.Entry p in store.Parameters) Assert.All(store.ReadGradient(p.Var), g => Assert.True(double.IsFinite(g), p.Name));
            }
    }

    // |z - center| = |alpha| + b^ makes p zero: the closed form has a kink there, the root has not.
    [Fact]
    public void TheInverseIsSmoothWhereTheQuadraticHasNoLinearTerm()
    {
        using var backend = new ReferenceBackend<double>();
        using ParameterStore<double> store = Make(backend, 0.5, 0, out Radial<double> layer);
        store.Write(store.Find("layer.center"), [0, 0, 0]);
        double distance = Math.Log(2);
        double Loss(double at, out double gradient)
        {
            using var tape = new Tape<double>(backend, store);
            Var z = tape.Input([at, 0, 0], 1, 3, needsGrad: true);
            FlowStep step = layer.Inverse(tape, z, new StepContext());
            Var loss = tape.Add(tape.Sum(step.Output), step.LogAbsDet);
            tape.Backward(loss);
            var all = new double[3];
            tape.ReadGrad(z, all);
            gradient = all[0];
            return tape.Scalar(loss);
        }
        Loss(distance, out double analytic);
        double numeric = (Loss(distance + 1e-5, out _) - Loss(distance - 1e-5, out _)) / 2e-5;
        Assert.Equal(numeric, analytic, 1e-8);
    }

    [Theory]
    [InlineData(1e-3, 6)]
    [InlineData(20, -3)]
    [InlineData(-2, 10)]
    public void RoundTripsKeepTheirDigits(double alpha, double beta)
    {
        using var backend = new SimdBackend<double>(1);
        using ParameterStore<double> store = Make(backend, alpha, beta, out Radial<double> layer);
        double[] center = store.Read(store.Find("layer.center")), x = new double[3 * 6];
        double[] radii = [1e-6, 1e-3, 0.1, 1, 30, 1e5];
        for (int i = 0; i < x.Length; i++) x[i] = center[i % 3] + (radii[i / 3] * (i % 3 == 0 ? 0.6 : i % 3 == 1 ? -0.8 : 0));
        double[] z = BijectorChecks.Run(layer, backend, store, x, inverse: false).Out, back = BijectorChecks.Run(layer, backend, store, z, inverse: true).Out;
        // Near the center the map shrinks by softplus(beta)/|alpha|, and its inverse enlarges rounding errors as much.
        double shrinks = Math.Min(1, Math.Log(1 + Math.Exp(beta)) / Math.Abs(alpha));
        for (int i = 0; i < x.Length; i++) Assert.Equal(x[i], back[i], 2e-15 / shrinks * Math.Max(1, radii[i / 3]));
    }

    private static ParameterStore<double> Make(IBackend<double> backend, double alpha, double beta, out Radial<double> layer)
    {
        layer = new Radial<double>(3);
        var store = new ParameterStore<double>(backend);
        layer.Attach(store, "layer", 3);
        store.Build();
        store.Write(store.Find("layer.alpha"), [alpha]);
        store.Write(store.Find("layer.beta"), [beta]);
        return store;
    }
}
