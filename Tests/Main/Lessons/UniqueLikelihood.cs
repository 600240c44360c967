using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>docs/theory/uniqueness.md: its code and every number it states.</summary>
public sealed class UniqueLikelihood(Xunit.Abstractions.ITestOutputHelper output)
{
    #region swirl
    // Carries N(0, I) in the plane to itself: to the unit square, around in it circle by circle, and back.
    private static Var Swirl(Tape<double> tape, Var z)
    {
        Var centred = tape.AddConstant(tape.Exp(tape.LogNormalCdf(z)), -0.5);
        Var inside = tape.Relu(tape.AddConstant(tape.SumColumns(tape.Square(centred), -4), 1));
        Var angle = tape.Scale(tape.Square(inside), 2);
        Var turned = Rotate(tape, centred, tape.Cos(angle), tape.Sin(angle));
        Var square = tape.AddConstant(turned, 0.5), rest = tape.AddConstant(tape.Negate(turned), 0.5);
        return tape.NormalQuantile(tape.Log(square), tape.Log(rest));
    }
    #endregion

    [Fact]
    public void Two_maps_have_one_likelihood_and_two_determinants()
    {
        const int rows = 2000;
        using var flow = new Flow<double>([new Linear<double>(2)], new StandardNormal<double>(2), seed: 1, new SimdBackend<double>(1));
        flow.Store.Write(flow.Store.Find("layers.0.weight"), [2, 0.5, -1, 3]);
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        double[] x = flow.Sample(rows, seed: 7), plain = flow.LogProb(x);
        double constant = Math.Log(6.5), sum = 0, squares = 0;
        var z = new double[rows * 2];
        for (int r = 0; r < rows; r++)
        {
            double[] point = x[(2 * r)..(2 * r + 2)], latent = new double[2];
            #region compare
            // The same data through f alone and through the swirl after f.
            double[] jacobian = DenseJacobian.Of<double>(tape, point, (t, v) => Swirl(t, flow.Forward(t, v, new StepContext()).Output));
            double logDet = DenseJacobian.LogAbsDet(jacobian, 2);
            tape.Read(Swirl(tape, flow.Forward(tape, tape.Input(point, 1, 2), new StepContext()).Output), latent);
            double swirled = logDet - Math.Log(2 * Math.PI) - 0.5 * (latent[0] * latent[0] + latent[1] * latent[1]);
            #endregion
            Assert.Equal(plain[r], swirled, 1e-9);
            latent.CopyTo(z, 2 * r);
            double change = logDet - constant;
            sum += change;
            squares += change * change;

            // |det J| of what preserves the base is p(z) / p(phi(z)).
            tape.Reset();
            var before = new double[2];
            tape.Read(flow.Forward(tape, tape.Input(point, 1, 2), new StepContext()).Output, before);
            Assert.Equal(0.5 * (latent[0] * latent[0] + latent[1] * latent[1] - before[0] * before[0] - before[1] * before[1]), change, 1e-9);
        }

        double deviation = Math.Sqrt(squares / rows - sum * sum / ((double)rows * rows));
        output.WriteLine($"log|det J| of the swirled flow: mean {constant + sum / rows:F4}, sd {deviation:F4}");
        Assert.InRange(deviation, 0.035, 0.045);
        // On average volume is kept, and the latents stay N(0, I).
        Assert.Equal(0, sum / rows, 4 * deviation / Math.Sqrt(rows));
        LikelihoodReport latents = LikelihoodReport.Of(Table.FromDoubles("latents", rows, 2, z));
        for (int i = 0; i < 2; i++) Assert.Equal(1, latents.Moments.CovarianceSpectrum[i], 5 * Math.Sqrt(2.0 / rows));
    }

    [Fact]
    public void With_a_uniform_base_the_determinant_is_unique()
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        double[] uniform = new double[200];
        RandomFill.Uniform<double>(5, 0, 0, uniform);
        for (int r = 0; r < 100; r++)
        {
            double[] jacobian = DenseJacobian.Of<double>(tape, uniform.AsSpan(2 * r, 2), (t, u) =>
            {
                Var centred = t.AddConstant(u, -0.5);
                Var inside = t.Relu(t.AddConstant(t.SumColumns(t.Square(centred), -4), 1));
                Var angle = t.Scale(t.Square(inside), 2);
                return Rotate(t, centred, t.Cos(angle), t.Sin(angle));
            });
            Assert.Equal(0, DenseJacobian.LogAbsDet(jacobian, 2), 1e-12);
        }
    }

    private static Var Rotate(Tape<double> tape, Var v, Var cosine, Var sine)
    {
        Var a = tape.SliceColumns(v, 0, 1), b = tape.SliceColumns(v, 1, 1);
        return tape.ConcatColumns(
            tape.Subtract(tape.Multiply(a, cosine), tape.Multiply(b, sine)),
            tape.Add(tape.Multiply(a, sine), tape.Multiply(b, cosine)));
    }
}
