using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Riemannian SGD and Adam.</summary>
[Collection(AloneCollection.Name)]
public sealed class PointOptimizerTests
{
    public static TheoryData<double, int> Spaces => HyperbolicPointsTests.Spaces;

    [Theory]
    [MemberData(nameof(Spaces))]
    public void DescentFromAfarEndsInTheFrechetMean(double radius, int n)
    {
        double[] points = Cloud(radius, n), mean = FrechetMean.Of(points, n, radius);
        IPointOptimizer[] optimizers = [new RiemannianSgd(1, n, radius), new RiemannianSgd(1, n, radius, 0.5), new RiemannianAdam(1, n, radius, 0.9, 0.99)];
        foreach (IPointOptimizer optimizer in optimizers)
        {
            double[] x = HyperbolicPointsTests.Point(radius, n, 3, 77), gradient = new double[n];
            bool adam = optimizer is RiemannianAdam;
            for (int step = 0; step < 1000; step++)
            {
                Gradient(points, n, radius, x, gradient);
                optimizer.Step(x, gradient, adam ? 0.2 * radius * Math.Pow(0.985, step) : 0.3);
            }

            Assert.Equal(1000, optimizer.Steps);
            Assert.Equal(0, HyperbolicPoints.Distance(x, mean, radius), (adam ? 1e-4 : 1e-9) * radius);
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void DescentConvergesAtTheRateOfTheSecondDerivative(double radius)
    {
        // One target at distance r: the step along the geodesic scales the distance by exactly 1 - lr.
        double[] target = HyperbolicPointsTests.Point(radius, 3, 2, 1), x = HyperbolicPointsTests.Point(radius, 3, 2.5, 2), gradient = new double[3];
        var sgd = new RiemannianSgd(1, 3, radius);
        double before = HyperbolicPoints.Distance(x, target, radius);
        for (int step = 0; step < 20; step++)
        {
            Gradient(target, 3, radius, x, gradient);
            sgd.Step(x, gradient, 0.25);
            double after = HyperbolicPoints.Distance(x, target, radius);
            Assert.Equal(0.75, after / before, 1e-9);
            before = after;
        }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void MomentumTravelsAlongWithThePoint(double radius, int n)
    {
        // Without a second gradient the point glides on along the geodesic of its first step.
        double[] start = HyperbolicPointsTests.Point(radius, n, 1.5, 4), h = HyperbolicPointsTests.Direction(n, 0.4, 5), zero = new double[n], first = new double[n], x = [.. start];
        HyperbolicPoints.RiemannianGradient(start, h, radius, first);
        double length = Math.Sqrt(HyperbolicPointsTests.Dot(first, first));
        var sgd = new RiemannianSgd(1, n, radius, 0.5);
        sgd.Step(x, h, 0.5 * radius);
        sgd.Step(x, zero, 0.5 * radius);
        sgd.Step(x, zero, 0.5 * radius);
        double[] expected = new double[n], way = [.. first.Select(v => -0.5 * radius * (1 + 0.5 + 0.25) * v)];
        HyperbolicPoints.Exp(start, way, radius, expected);
        HyperbolicPointsTests.Near(expected, x, 1e-12 * radius);
        Assert.Equal(0.25 * length, Math.Sqrt(HyperbolicPointsTests.Dot(sgd.Momentum, sgd.Momentum)), 1e-12);

        // Adam's first step has length lr whatever the gradient; its mean of gradients then glides too, a little shorter each step.
        var adam = new RiemannianAdam(1, n, radius, 0.9, 0.999);
        double[] y = [.. start];
        adam.Step(y, h, 0.1 * radius);
        Assert.Equal(0.1 * radius, HyperbolicPoints.Distance(start, y, radius), 1e-8 * radius);
        adam.Step(y, zero, 0.1 * radius);
        double second = 0.1 * (0.09 / 0.19) / Math.Sqrt(0.000999 / 0.001999);
        HyperbolicPoints.Exp(start, [.. first.Select(v => -radius * (0.1 + second) / length * v)], radius, expected);
        HyperbolicPointsTests.Near(expected, y, 1e-7 * radius);
    }

    [Fact]
    public void TheSameStepsGiveTheSameBitsAndAllocateNothing()
    {
        double[] points = Cloud(1, 3);
        double[] a = Run(out _), b = Run(out long allocated);
        Assert.Equal(a, b);
        Assert.Equal(0, allocated);

        double[] Run(out long bytes)
        {
            double[] x = [.. points], gradient = new double[x.Length];
            RandomFill.Gaussian<double>(3, 0, 0, gradient);
            var adam = new RiemannianAdam(x.Length / 3, 3, 1);
            var sgd = new RiemannianSgd(x.Length / 3, 3, 1, 0.9);
            adam.Step(x, gradient, 1e-3);
            sgd.Step(x, gradient, 1e-4);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int step = 0; step < 20; step++)
            {
                adam.Step(x, gradient, 1e-3);
                sgd.Step(x, gradient, 1e-4);
            }

            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            return x;
        }
    }

    [Fact]
    public void BadGradientsMoveNothing()
    {
        double[] x = [0.1, 0.2, 0.3, 0.4], before = [.. x];
        var sgd = new RiemannianSgd(2, 2, 1);
        string message = Assert.Throws<NonFiniteException>(() => sgd.Step(x, [1, 1, double.NaN, 1], 0.1)).Message;
        Assert.Equal("RiemannianSgd: the derivative by coordinate 0 of point 1 is NaN; no point was moved.", message);
        Assert.Equal(before, x);
        Assert.Throws<ArgumentException>(() => sgd.Step(x, [1], 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => sgd.Step(x, before, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiemannianSgd(1, 2, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiemannianSgd(1, 2, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiemannianAdam(1, 2, 1, 0.9, 1));
    }

    private static double[] Cloud(double radius, int n) => [.. Enumerable.Range(0, 7).SelectMany(i => HyperbolicPointsTests.Point(radius, n, 0.25 * (i + 1), (ulong)i + 40))];

    // By the coordinates: the metric I - xs xs^T / x0^2 times the Riemannian gradient, minus the mean logarithm.
    private static void Gradient(double[] points, int n, double radius, double[] x, double[] gradient)
    {
        double[] log = new double[n], sum = new double[n];
        int rows = points.Length / n;
        for (int i = 0; i < rows; i++)
        {
            HyperbolicPoints.Log(x, points.AsSpan(i * n, n), radius, log);
            HyperbolicPoints.FrameToSpatial(x, log, radius, log);
            for (int k = 0; k < n; k++) sum[k] -= log[k] / rows;
        }

        double time = HyperbolicPoints.Time(x, radius), along = HyperbolicPointsTests.Dot(x, sum) / (time * time);
        for (int k = 0; k < n; k++) gradient[k] = sum[k] - along * x[k];
    }
}
