using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The shared inverse of maps without a closed one, on functions whose inverse is known.</summary>
public sealed class RootInverseTests
{
    private static readonly double[] Values = [-1000, -37.5, -1, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.3, 1, 8, 1000];

    public static TheoryData<string, bool> Cases()
    {
        var cases = new TheoryData<string, bool>();
        foreach (string name in (string[])["steep", "flat", "cubic", "sinh", "asinh", "kinked"])
        {
            cases.Add(name, true);
            cases.Add(name, false);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void FindsTheRootToTheLastDigits(string name, bool simd)
    {
        using IBackend<double> backend = simd ? new SimdBackend<double>(1) : new ReferenceBackend<double>();
        using IBackend<float> backend32 = simd ? new SimdBackend<float>(1) : new ReferenceBackend<float>();
        double[] x = Inverse<double>(backend, name, Values).X, x32 = Inverse<float>(backend32, name, Values).X;
        for (int i = 0; i < Values.Length; i++)
        {
            double exact = Exact(name, Values[i]), exact32 = Exact(name, (float)Values[i]);
            Assert.True(Math.Abs(x[i] - exact) <= 1e-13 * Math.Max(1e-3, Math.Abs(exact)), $"{name}: x({Values[i]}) is {x[i]:R}, expected {exact:R}");
            Assert.True(Math.Abs(x32[i] - exact32) <= 6e-7 * Math.Max(1e-3, Math.Abs(exact32)), $"{name} in single: x({Values[i]}) is {x32[i]:R}, expected {exact32:R}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DerivativesAreThoseOfTheImplicitFunction(string name, bool simd)
    {
        using IBackend<double> backend = simd ? new SimdBackend<double>(1) : new ReferenceBackend<double>();
        double[] values = [-1000, -2.5, -0.3, 0.7, 4, 1000];
        (_, double[] dz, double[] da, double[] tangent) = Inverse<double>(backend, name, values);
        // L = sum x + sum log f'(x): against differences of the exact inverse.
        double Loss(double z, double a)
        {
            double at = Exact(name, z, a);
            return at + Math.Log(Slope(name, at, a));
        }
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double h = 1e-4 * Math.Max(1, Math.Abs(values[i])), z = values[i];
            Near(dz[i], Richardson(h, s => Loss(z + s, 1)));
            double numeric = Richardson(1e-4, s => Loss(z, 1 + s));
            sum += numeric;
            Near(tangent[i], Richardson(h, s => Exact(name, z + s, 1)) + Richardson(1e-4, s => Exact(name, z, 1 + s)));
        }
        Near(da[0], sum);
    }

    [Fact]
    public void ARootOutsideADomainIsNamedAndNaNStays()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var map = new Known<double>("sigmoid", tape.Constant(1));
        var bounded = new RootBounds(-2, 3, double.NegativeInfinity, double.PositiveInfinity);
        Assert.Contains("row 1, column 0", Assert.Throws<OutsideDomainException>(() => RootInverse.Record(tape, "test", tape.Input([0.5, 0.1, 1, 0.5], 2, 2), map, RootBounds.Unit)).Message, StringComparison.Ordinal);
        Assert.Contains("row 0, column 1", Assert.Throws<OutsideDomainException>(() => RootInverse.Record(tape, "test", tape.Input([0.5, 1.5], 1, 2), map)).Message, StringComparison.Ordinal);
        Assert.Contains("no x in (-2, 3)", Assert.Throws<OutsideDomainException>(() => RootInverse.Record(tape, "test", tape.Input([0.99], 1, 1), map, bounded)).Message, StringComparison.Ordinal);
        Assert.Contains("row 0, column 0", Assert.Throws<OutsideDomainException>(() => RootInverse.Record(tape, "test", tape.Input([double.PositiveInfinity], 1, 1), map)).Message, StringComparison.Ordinal);
        (Var x, _) = RootInverse.Record(tape, "test", tape.Input([0.5, double.NaN, 0.25], 1, 3), map, RootBounds.Unit);
        var found = new double[3];
        tape.Read(x, found);
        Assert.Equal(0, found[0], 1e-15);
        Assert.True(double.IsNaN(found[1]));
        Assert.Equal(Math.Log(0.25 / 0.75), found[2], 1e-14);
        Assert.True(tape.RecordsGradients);
    }

    [Fact]
    public void ARowsRootDoesNotDependOnItsBatch()
    {
        using var backend = new SimdBackend<double>(1);
        double[] together = Inverse<double>(backend, "cubic", Values).X;
        for (int i = 0; i < Values.Length; i++) Assert.Equal(Inverse<double>(backend, "cubic", [Values[i]]).X[0], together[i]);
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var backend = new SimdBackend<float>(1);
        using var tape = new Tape<float>(backend);
        float[] z = Array.ConvertAll(Values, v => (float)v);
        long before = 0;
        for (int i = 0; i < 5; i++)
        {
            if (i == 3) before = GC.GetAllocatedBytesForCurrentThread();
            tape.Reset();
            RootInverse.Record(tape, "test", tape.Input(z, z.Length, 1), new Known<float>("cubic", tape.Constant(1)));
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static (double[] X, double[] Dz, double[] Da, double[] Tangent) Inverse<T>(IBackend<T> backend, string name, double[] values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(backend);
        Var z = tape.Input(Array.ConvertAll(values, T.CreateTruncating), values.Length, 1, needsGrad: true), a = tape.Input([T.One], 1, 1, needsGrad: true);
        (Var x, Var logSlope) = RootInverse.Record(tape, "test", z, new Known<T>(name, a));
        tape.Backward(tape.Add(tape.Sum(x), tape.Sum(logSlope)));
        T[] found = new T[values.Length], dz = new T[values.Length], da = new T[1], tangent = new T[values.Length], ones = new T[values.Length];
        Array.Fill(ones, T.One);
        tape.Read(x, found);
        tape.ReadGrad(z, dz);
        tape.ReadGrad(a, da);
        tape.ClearTangents();
        backend.Write(ones, tape.TangentOf(z));
        backend.Write([T.One], tape.TangentOf(a));
        tape.PushForward();
        backend.Read(tape.TangentOf(x), tangent);
        return (Array.ConvertAll(found, double.CreateTruncating), Array.ConvertAll(dz, double.CreateTruncating), Array.ConvertAll(da, double.CreateTruncating), Array.ConvertAll(tangent, double.CreateTruncating));
    }

    private static double Exact(string name, double z, double a = 1) => name switch
    {
        "steep" => z / (1e6 * a),
        "flat" => z / (1e-6 * a),
        "cubic" => CubeRoot(z / a),
        "sinh" => Math.Asinh(z / a),
        "asinh" => 100 * Math.Sinh(z / (100 * a)),
        _ => z / a > 0 ? z / a : z / (0.001 * a),
    };

    // x^3 + x/100 = z by Newton in long decimals' stead: halving, then two Newton steps.
    private static double CubeRoot(double z)
    {
        double low = -100, high = 100;
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            if ((middle * middle * middle) + (middle / 100) < z) low = middle;
            else high = middle;
        }
        for (int i = 0; i < 2; i++) low -= ((low * low * low) + (low / 100) - z) / ((3 * low * low) + 0.01);
        return low;
    }

    private static double Slope(string name, double x, double a) => name switch
    {
        "steep" => 1e6 * a,
        "flat" => 1e-6 * a,
        "cubic" => a * ((3 * x * x) + 0.01),
        "sinh" => a * Math.Cosh(x),
        "asinh" => a / Math.Sqrt(1 + (x * x / 1e4)),
        _ => x > 0 ? a : 0.001 * a,
    };

    private static double Richardson(double h, Func<double, double> f)
    {
        double coarse = (f(h) - f(-h)) / (2 * h), fine = (f(h / 2) - f(-h / 2)) / h;
        return (4 * fine - coarse) / 3;
    }

    private static void Near(double actual, double expected)
        => Assert.True(Math.Abs(actual - expected) <= 1e-6 * Math.Max(1, Math.Abs(expected)), $"{actual:R}, expected {expected:R}");

    private readonly struct Known<T>(string name, Var a) : IMonotoneMap<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            Var z, slope;
            switch (name)
            {
                case "steep" or "flat":
                    z = tape.Scale(x, name == "steep" ? 1e6 : 1e-6);
                    slope = tape.Constant(name == "steep" ? 1e6 : 1e-6, x.Rows, x.Cols);
                    break;
                case "cubic":
                    z = tape.Add(tape.Multiply(tape.Square(x), x), tape.Scale(x, 0.01));
                    slope = tape.AddConstant(tape.Scale(tape.Square(x), 3), 0.01);
                    break;
                case "sinh":
                    z = tape.Scale(tape.Subtract(tape.Expm1(x), tape.Expm1(tape.Negate(x))), 0.5);
                    slope = tape.Scale(tape.Add(tape.Exp(x), tape.Exp(tape.Negate(x))), 0.5);
                    break;
                case "asinh":
                    z = tape.Scale(tape.Asinh(tape.Scale(x, 0.01)), 100);
                    slope = tape.Reciprocal(tape.Sqrt(tape.AddConstant(tape.Square(tape.Scale(x, 0.01)), 1)));
                    break;
                case "sigmoid":
                    z = tape.Sigmoid(x);
                    return (z, tape.Add(tape.LogSigmoid(x), tape.LogSigmoid(tape.Negate(x))));
                default:
                    z = tape.LeakyRelu(x, 0.001);
                    // A step from 0.001 to 1, piecewise constant: only its value matters.
                    slope = tape.AddConstant(tape.Scale(UnaryOps<T>.Relu.Derivative.Record(tape, x, x), 0.999), 0.001);
                    break;
            }
            return (tape.Multiply(z, a), tape.Log(tape.Multiply(slope, a)));
        }
    }
}
