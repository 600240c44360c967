using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The maps at any base point, measures, the radius as a parameter or buffer, and what is refused.</summary>
public sealed class HyperbolicSpaceTests
{
    private static readonly double[] X = [0.4, -0.9, 0.2], Y = [-1.1, 0.3, 0.7], U = [0.3, 0.5, -0.8];

    [Theory]
    [InlineData(0.5), InlineData(1), InlineData(2), InlineData(11)]
    public void MapsAtAnyPointAgreeWithTheAmbientFormulasAndWithEachOther(double radius)
    {
        var space = new HyperbolicSpace<double>(radius);
        var view = new AmbientHyperboloid<double>(space);
        Same((t, x, y, u) => space.Exp(t, x, u), (t, x, y, u) => view.Spatial(t, view.Exp(t, view.Lift(t, x), Tangent(t, x, u))));
        Same((t, x, y, u) => space.Log(t, x, y), (t, x, y, u) => view.Spatial(t, view.Log(t, view.Lift(t, x), view.Lift(t, y))));
        Same((t, x, y, u) => space.Transport(t, u, x, y), (t, x, y, u) => view.Spatial(t, view.Transport(t, Tangent(t, x, u), view.Lift(t, x), view.Lift(t, y))));
        Same((t, x, y, u) => space.Transport(t, space.Transport(t, u, x, y), y, x), (t, x, y, u) => u);
        Same((t, x, y, u) => space.Distance(t, x, y), (t, x, y, u) => view.Distance(t, view.Lift(t, x), view.Lift(t, y)));
        Same((t, x, y, u) => space.FromOrigin(t, space.ToOrigin(t, u, x), x), (t, x, y, u) => u);
        Same((t, x, y, u) => space.Exp(t, x, space.Log(t, x, y)), (t, x, y, u) => y);
        Same((t, x, y, u) => space.Translate(t, u, x), (t, x, y, u) => space.Log0(t, space.Exp(t, x, space.FromOrigin(t, u, x))));
        Same((t, x, y, u) => space.Geodesic(t, x, y, 1), (t, x, y, u) => y);
        // Unit speed: a quarter of the way is a quarter of the distance.
        Same((t, x, y, u) => space.Distance(t, x, space.Geodesic(t, x, y, 0.25)), (t, x, y, u) => t.Scale(space.Distance(t, x, y), 0.25));
        Same((t, x, y, u) => space.Distance(t, space.Geodesic(t, x, y, -1), y), (t, x, y, u) => t.Scale(space.Distance(t, x, y), 2));
        // Translation moves every distance along: T is an isometry.
        Same((t, x, y, u) => space.Distance(t, space.Exp0(t, space.Translate(t, y, x)), space.Exp0(t, space.Translate(t, u, x))), (t, x, y, u) => space.Distance(t, space.Exp0(t, y), space.Exp0(t, u)));

        void Same(Func<Tape<double>, Var, Var, Var, Var> one, Func<Tape<double>, Var, Var, Var, Var> other)
            => Recorded<double>.Near(Of(other).Value(X, Y, U), Of(one).Value(X, Y, U), 1e-12, $"R = {radius}");

        static Recorded<double> Of(Func<Tape<double>, Var, Var, Var, Var> record) => new((t, x) => record(t, x[0], x[1], x[2]));

        Var Tangent(Tape<double> t, Var x, Var u) => t.ConcatColumns(t.Divide(t.SumColumns(t.Multiply(x, u)), space.RecordTime(t, x)), u);
    }

    // The log-density of a posterior less that of the prior is the same number with respect to Riemannian volume and to tangent coordinates. The
    // first by the ambient formulas and their volumes; the second by the determinant of the dense Jacobian of w -> v alone.
    [Theory]
    [InlineData(0.5, 2), InlineData(1, 3), InlineData(2, 4), InlineData(11, 5), InlineData(1, 2), InlineData(0.5, 5)]
    public void RelativeEntropyIsTheSameInBothMeasures(double radius, int n)
    {
        var random = new Random(6);
        var space = new HyperbolicSpace<double>(radius);
        var view = new AmbientHyperboloid<double>(space);
        for (int sample = 0; sample < 10; sample++)
        {
            double[] mean = Draw(), w = Draw();
            double[] v = new Recorded<double>((t, x) => view.Spatial(t, view.TransportToOrigin(t, view.Log(t, Lift(t, x[0]), Lift(t, x[1])), Lift(t, x[0])))).Value(mean, w);
            double Volume(double[] at) => (n - 1) * new Recorded<double>((t, x) => space.LogSinhRatio(t, x[0])).Value(at)[0];
            double riemannian = Normal(v) - Volume(v) - (Normal(w) - Volume(w));
            double tangent = Normal(v) + LogDeterminant(mean, w) - Normal(w);
            Assert.Equal(riemannian, tangent, 1e-10);
        }

        double[] Draw() => [.. Enumerable.Range(0, n).Select(_ => radius * ((2 * random.NextDouble()) - 1))];

        Var Lift(Tape<double> t, Var tangent) => view.Lift(t, space.Exp0(t, tangent));

        static double Normal(double[] x) => -0.5 * x.Sum(a => (a * a) + Math.Log(2 * Math.PI));

        double LogDeterminant(double[] mean, double[] w)
        {
            using IBackend<double> backend = new SimdBackend<double>();
            using var tape = new Tape<double>(backend);
            Var x = tape.Input(w, 1, n, needsGrad: true), v = space.Translate(tape, x, space.Exp0(tape, tape.Input(mean, 1, n)), back: true);
            double[] jacobian = new double[n * n], seed = new double[n];
            for (int i = 0; i < n; i++)
            {
                Array.Clear(seed);
                seed[i] = 1;
                tape.Backward(v, seed);
                tape.ReadGrad(x, jacobian.AsSpan(i * n, n));
            }
            return tape.Scalar(tape.LogAbsDet(tape.Input(jacobian, n, n)));
        }
    }

    [Fact]
    public void TheRadiusIsAParameterOrABufferAndIsShared()
    {
        using IBackend<double> backend = new SimdBackend<double>();
        foreach (bool learned in (bool[])[false, true])
        {
            var space = new HyperbolicSpace<double>(2, learned);
            using var store = new ParameterStore<double>(backend);
            space.Attach(store, "model.space");
            space.Attach(store, "model.other");
            store.Build();
            Assert.Equal(learned ? ["model.space.log_radius"] : [], store.Parameters.Select(p => p.Name));
            Assert.Equal(learned ? [] : ["model.space.log_radius"], store.Buffers.Select(p => p.Name));
            Assert.Equal(2, space.Radius(store), 1e-15);
            space.SetRadius(store, 3);
            Assert.Equal(3, space.Radius(store), 1e-15);
            Assert.Throws<ArgumentException>(() => space.SetRadius(store, 0));
            using var tape = new Tape<double>(backend, store);
            Var d = space.Distance(tape, tape.Input([1, 2], 1, 2), tape.Input([0, -1], 1, 2));
            if (!learned) continue;
            tape.Backward(d);
            double got = store.ReadGradient(store.Find("model.space.log_radius"))[0];
            double[] at = [.. ((double[])[Math.Log(3) - 1e-4, Math.Log(3) + 1e-4]).Select(l => new Recorded<double>((t, _) => new HyperbolicSpace<double>(Math.Exp(l)).Distance(t, t.Input([1, 2], 1, 2), t.Input([0, -1], 1, 2))).Value()[0])];
            Assert.Equal((at[1] - at[0]) / 2e-4, got, 1e-7);
        }
    }

    [Theory]
    [InlineData(0), InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void RadiiThatAreNoneAreRefused(double radius)
    {
        var e = Assert.Throws<ArgumentException>(() => new HyperbolicSpace<double>(radius));
        Assert.Contains("expected a finite number above 0", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0), InlineData(0.5), InlineData(double.NaN)]
    public void CurvatureThatIsNotBelowZeroIsRefusedWithTheWayOut(double curvature)
    {
        var e = Assert.Throws<BadInputException>(() => HyperbolicSpace<double>.OfCurvature(curvature));
        Assert.Contains("below 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("Euclidean", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, HyperbolicGuard.RadiusOf(-0.25));
    }

    [Fact]
    public void PointsOffTheManifoldAreNamedByRowAndDefect()
    {
        HyperbolicGuard.OnManifold([1, 0, 0, Math.Sqrt(3), 1, 1], 3, 1);
        HyperbolicGuard.OnManifold([Math.Sqrt(4 + 1e16), 1e8], 2, 2);
        var e = Assert.Throws<BadInputException>(() => HyperbolicGuard.OnManifold([1, 0, 0, 2, 1, 1], 3, 1));
        Assert.Contains("row 2", e.Message, StringComparison.Ordinal);
        Assert.Contains("is -1e+0", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<BadInputException>(() => HyperbolicGuard.OnManifold([-1, 0, 0], 3, 1));
        Assert.Contains("upper sheet", e.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => HyperbolicGuard.OnManifold([1, double.NaN, 0], 3, 1));
        Assert.Throws<BadInputException>(() => HyperbolicGuard.OnManifold([double.NaN, 0, 0], 3, 1));
        Assert.Throws<ArgumentException>(() => HyperbolicGuard.OnManifold([1, 0, 0, 2], 3, 1));
    }
}
