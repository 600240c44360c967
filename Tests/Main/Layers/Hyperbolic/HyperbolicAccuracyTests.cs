using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;
using Xunit.Abstractions;

namespace NativeFlow.Tests;

/// <summary>Accuracy in single precision beside the naive paths, round trips, and what happens far out. The table in docs/hyperbolic.md is this output.</summary>
public sealed class HyperbolicAccuracyTests(ITestOutputHelper output)
{
    private static readonly Recorded<float> LogSingle = new((t, x) => t.RadialMap(x[0], t.Constant(1), RadialFunction.Asinh));
    private static readonly Recorded<double> LogDouble = new((t, x) => t.RadialMap(x[0], t.Constant(1), RadialFunction.Asinh));
    // acosh as a logarithm, over a root that is held away from 0: the usual way.
    private static readonly Recorded<float> NaiveLogSingle = new((t, x) =>
    {
        Var a = new HyperbolicSpace<float>().RecordTime(t, x[0]), s = t.Sqrt(t.Clamp(t.AddConstant(t.Square(a), -1), 1e-9, float.MaxValue));
        return t.Multiply(x[0], t.Divide(t.Log(t.Add(a, s)), s));
    });

    private static double[] Unit(Random random, int n)
    {
        double[] x = new double[n];
        for (int i = 0; i < n; i++) x[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double length = Length(x);
        return [.. x.Select(v => v / length)];
    }

    private static double Length(double[] x) => Math.Sqrt(x.Sum(v => v * v));

    private static double Off(double[] a, double[] b) => Length([.. a.Zip(b, (x, y) => x - y)]);

    private static double[] Single(double[] x) => [.. x.Select(v => (double)(float)v)];

    private static double[] Times(double[] x, double by) => [.. x.Select(v => v * by)];

    [Theory]
    [InlineData(1e-6), InlineData(1e-5), InlineData(1e-4), InlineData(1e-3), InlineData(1), InlineData(4), InlineData(20), InlineData(40), InlineData(80)]
    public void LogAtTheOriginInSingle(double radius)
    {
        var random = new Random(1);
        double value = 0, gradient = 0, naive = 0, naiveGradient = 0;
        for (int i = 0; i < 64; i++)
        {
            double[] x = Single(Times(Unit(random, 3), Math.Sinh(radius)));
            double[] wanted = LogDouble.Value(x), slope = LogDouble.Gradient(x)[0];
            value = Math.Max(value, Off(wanted, LogSingle.Value(x)) / Length(wanted));
            gradient = Math.Max(gradient, Off(slope, LogSingle.Gradient(x)[0]) / Length(slope));
            naive = Math.Max(naive, Off(wanted, NaiveLogSingle.Value(x)) / Length(wanted));
            naiveGradient = Math.Max(naiveGradient, Off(slope, NaiveLogSingle.Gradient(x)[0]) / Length(slope));
        }
        output.WriteLine($"log_o at {radius:0.#e+0}: value {value:0.0e+0} gradient {gradient:0.0e+0}; by acosh value {naive:0.0e+0} gradient {naiveGradient:0.0e+0}");
        Assert.True(value <= 1.2e-7, $"value off by {value}");
        Assert.True(gradient <= 1.2e-7, $"gradient off by {gradient}");
    }

    [Theory]
    [InlineData(0.5, 1e-4), InlineData(2, 1e-2), InlineData(4, 1e-2), InlineData(4, 1), InlineData(6, 1e-4), InlineData(6, 1), InlineData(8, 1e-2), InlineData(8, 1)]
    public void DistanceInSingle(double radius, double apart)
    {
        var random = new Random(2);
        var distance = new Recorded<float>((t, x) => t.HyperbolicDistance(x[0], x[1], t.Constant(1)));
        var naive = new Recorded<float>((t, x) =>
        {
            var view = new AmbientHyperboloid<float>(new HyperbolicSpace<float>());
            return view.Distance(t, view.Lift(t, x[0]), view.Lift(t, x[1]));
        });
        var space = new HyperbolicSpace<double>();
        var move = new Recorded<double>((t, x) => space.Exp0(t, space.Translate(t, x[0], space.Exp0(t, x[1]))));
        double worst = 0, worstNaive = 0;
        for (int i = 0; i < 50; i++)
        {
            double[] at = Times(Unit(random, 3), radius), x = Single(move.Value([0, 0, 0], at)), y = Single(move.Value(Times(Unit(random, 3), apart), at));
            double wanted = Quotient(x, y);
            worst = Math.Max(worst, Math.Abs(distance.Value(x, y)[0] - wanted) / wanted);
            worstNaive = Math.Max(worstNaive, Math.Abs(naive.Value(x, y)[0] - wanted) / wanted);
        }
        output.WriteLine($"distance at {radius}, apart {apart:0.#e+0}: {worst:0.0e+0}; by acosh {worstNaive:0.0e+0}");
        Assert.True(worst <= 1.2e-7, $"off by {worst}");

        // Another formula, in double: 2 asinh(sqrt(|x - y|^2 - (x0 - y0)^2)/2).
        static double Quotient(double[] x, double[] y)
        {
            double x0 = Math.Sqrt(1 + x.Sum(v => v * v)), y0 = Math.Sqrt(1 + y.Sum(v => v * v));
            double dt = x.Zip(y, (a, b) => (a - b) * (a + b)).Sum() / (x0 + y0);
            return 2 * Math.Asinh(Math.Sqrt(x.Zip(y, (a, b) => (a - b) * (a - b)).Sum() - (dt * dt)) / 2);
        }
    }

    [Theory]
    [InlineData(1, 5e-7, 1e-15), InlineData(2, 6e-7, 2e-15), InlineData(4, 4e-6, 1e-14), InlineData(6, 5e-5, 7e-14), InlineData(8, 3e-4, 5e-13), InlineData(12, 2e-2, 3e-11)]
    public void RoundTripOfOneTranslation(double to, double single, double twice)
    {
        (double inSingle, double inDouble) = (RoundTrip<float>(to), RoundTrip<double>(to));
        output.WriteLine($"round trip |t| = {to}: single {inSingle:0.0e+0} double {inDouble:0.0e+0}; plain boost in single {PlainRoundTrip(to):0.0e+0}");
        Assert.True(inSingle <= 1.5 * single, $"in single {inSingle}");
        Assert.True(inDouble <= 1.5 * twice, $"in double {inDouble}");
    }

    private static double RoundTrip<T>(double to) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var random = new Random(3);
        var there = new Recorded<T>((t, x) => t.HyperbolicTranslate(x[0], x[1], t.Constant(1)));
        var back = new Recorded<T>((t, x) => t.HyperbolicTranslate(x[0], x[1], t.Constant(1), back: true));
        double worst = 0;
        for (int i = 0; i < 300; i++)
        {
            double[] v = Unit(random, 3), t = Times(Unit(random, 3), Math.Sinh(to));
            if (typeof(T) == typeof(float)) v = Single(v);
            worst = Math.Max(worst, Off(v, back.Value(there.Value(v, t), t)));
        }
        return worst;
    }

    private static double PlainRoundTrip(double to)
    {
        var random = new Random(3);
        var plain = new Recorded<float>((t, x) => Plain(t, Plain(t, x[0], x[1]), t.Negate(x[1])));
        double worst = 0;
        for (int i = 0; i < 300; i++)
        {
            double[] v = Single(Unit(random, 3)), t = Times(Unit(random, 3), Math.Sinh(to));
            double off = Off(v, plain.Value(v, t));
            worst = double.IsNaN(off) ? off : Math.Max(worst, off);
        }
        return worst;

        static Var Plain(Tape<float> tape, Var v, Var t)
        {
            var space = new HyperbolicSpace<float>();
            Var y = space.Exp0(tape, v), y0 = space.RecordTime(tape, y), t0 = space.RecordTime(tape, t), along = tape.SumColumns(tape.Multiply(t, y));
            return space.Log0(tape, tape.Add(y, tape.Multiply(t, tape.Add(y0, tape.Divide(along, tape.AddConstant(t0, 1))))));
        }
    }

    [Theory]
    [InlineData(1000, 3), InlineData(1000, 600), InlineData(600, 600), InlineData(30, 700), InlineData(0, 700), InlineData(1e-8, 1e-8), InlineData(20, 20)]
    public void FarOutInDouble(double radius, double rapidity)
    {
        var random = new Random(4);
        var map = new Recorded<double>((t, x) => t.HyperbolicTranslate(x[0], x[1], x[2]));
        double[] e = Unit(random, 4), p = Unit(random, 4);
        double along = p.Zip(e, (a, b) => a * b).Sum();
        p = [.. p.Zip(e, (a, b) => a - (along * b))];
        p = Times(p, 1 / Length(p));
        foreach (double angle in (double[])[0, 1e-9, 0.3, Math.PI / 2, 3, Math.PI - 1e-7, Math.PI])
        {
            double[] v = [.. e.Zip(p, (a, b) => radius * ((Math.Cos(angle) * a) + (angle is 0 or Math.PI ? 0 : Math.Sin(angle) * b)))], t = Times(e, Math.Sinh(rapidity));
            double[] w = map.Value(v, t, [1]);
            double[][] g = map.Gradient(v, t, [1]);
            foreach (double[] part in (double[][])[w, .. g]) Assert.All(part, x => Assert.True(double.IsFinite(x), $"angle {angle}: {x}"));
            double sine = Math.Sin(angle / 2) * Math.Sin(angle / 2), wanted = Cosines(radius, rapidity, sine);
            if (angle < 3) Assert.Equal(wanted, Length(w), 1e-9 * Math.Max(1e-7, wanted));
            Assert.True(Length(w) >= Math.Abs(radius - rapidity) * (1 - 1e-12) - 1e-10 && Length(w) <= radius + rapidity + 1e-9, $"angle {angle}: |w| = {Length(w)}");

            // Turning v and t together turns w: g.(J w) = dv.(J v) + dt.(J t) in the plane of e and p, a difference of large numbers if done badly.
            double[] weights = [.. Enumerable.Range(0, 4).Select(Recorded<double>.Weight)];
            double left = Turned(weights, w), right = Turned(g[0], v) + Turned(g[1], t), size = Math.Max(Length(w), 1e-8);
            if (angle < 3) Assert.Equal(left, right, 1e-9 * size);
        }

        double Turned(double[] gradient, double[] x)
        {
            double xe = x.Zip(e, (a, b) => a * b).Sum(), xp = x.Zip(p, (a, b) => a * b).Sum();
            return gradient.Select((d, i) => d * ((xe * p[i]) - (xp * e[i]))).Sum();
        }

        // cosh rho = cosh r cosh tau + sinh r sinh tau cos = cosh(r + tau) - 2 sinh r sinh tau sin^2(angle/2).
        static double Cosines(double r, double tau, double sine)
        {
            if (r + tau < 1e-6) return Math.Sqrt((r * r) + (tau * tau) + (2 * r * tau * (1 - (2 * sine))));
            if (r + tau < 30) return Math.Acosh(Math.Cosh(r + tau) - (2 * Math.Sinh(r) * Math.Sinh(tau) * sine));
            return r + tau + Math.Log(1 - (sine * (1 - Math.Exp(-2 * r)) * (1 - Math.Exp(-2 * tau))));
        }
    }

    [Fact]
    public void FarOutInSingleNothingIsLostToOverflow()
    {
        var random = new Random(5);
        var map = new Recorded<float>((t, x) => t.HyperbolicTranslate(x[0], x[1], x[2], back: true));
        foreach (double radius in (double[])[0, 1, 40, 88, 1000, 1e6])
            foreach (double rapidity in (double[])[0, 0.3, 5, 40, 88])
            {
                double[] e = Unit(random, 3);
                foreach (double[] v in (double[][])[Times(Unit(random, 3), radius), Times(e, radius), Times(e, -radius)])
                {
                    double[] t = Times(e, Math.Sinh(rapidity));
                    foreach (double[] part in (double[][])[map.Value(v, t, [1]), map.Gradient(v, t, [1])[1], map.Gradient(v, t, [1])[2]])
                        Assert.All(part, x => Assert.True(double.IsFinite(x), $"{radius}, {rapidity}: {x}"));
                }
            }
    }

    [Fact]
    public void WhereTheImageIsTheOriginTheDerivativeIsAnIsometryUpToTheStretches()
    {
        // v = -t's own tangent vector goes to 0; there J J^T has the eigenvalues 1 along and (sinh r/r)^2 across.
        foreach (double r in (double[])[1e-3, 0.4, 1, 5])
        {
            double[] v = [-r, 0, 0], t = [Math.Sinh(r), 0, 0];
            var map = new Recorded<double>((tape, x) => tape.HyperbolicTranslate(x[0], x[1], x[2]));
            Assert.True(Length(map.Value(v, t, [1])) < 1e-14 * Math.Exp(2 * r));
            double[] g = map.Gradient(v, t, [1])[0];
            double[] wanted = [.. Enumerable.Range(0, 3).Select(i => Recorded<double>.Weight(i) * (i == 0 ? 1 : Math.Sinh(r) / r))];
            Recorded<double>.Near(wanted, g, 1e-10, $"r = {r}");
        }
    }
}
