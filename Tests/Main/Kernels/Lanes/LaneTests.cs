using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every operation of the wide lanes gives, element by element, the bits of the scalar lane.</summary>
public sealed unsafe class LaneTests
{
    private static readonly double[] Values =
    [
        0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 3, 1e-3, 1234.5678, -77.25, 0.7071067, 0.70710683, 1.4142135, 1.4142137, 1e-30, 1e30,
        1e-41, 1.2e-38, 3.3e38, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 100, -100, 126, -126, 7, 0.1, -0.3, 2,
    ];

    private static readonly string[] Operations =
    [
        "add", "subtract", "multiply", "divide", "negate", "multiplyAdd", "max", "min", "abs", "sqrt", "round", "copySign", "less", "equal",
        "powerOfTwo", "scale", "mantissa", "exponent", "constant", "broadcast",
    ];

    [Fact]
    public void WideLanesAgreeWithTheScalarLane()
    {
        foreach (string operation in Operations)
        {
            Compare<float, VectorLane<float>>(operation);
            Compare<float, Vector512Lane<float>>(operation);
            Compare<double, VectorLane<double>>(operation);
            Compare<double, Vector512Lane<double>>(operation);
        }
    }

    [Fact]
    public void ScalingIsRightAtBothEnds()
    {
        foreach (double x in (double[])[1, 1.9999, 0.71, 1.4142])
            for (int n = -1100; n <= 1024; n++)
            {
                double twice;
                ScalarLane<double>.Store(ScalarLane<double>.ScaleByPowerOfTwo(ScalarLane<double>.Broadcast(x), ScalarLane<double>.Broadcast(n)), &twice);
                Assert.Equal(Math.ScaleB(x, n), twice);
                if (Math.Abs(n) > 160 || n > 128) continue;
                float single;
                ScalarLane<float>.Store(ScalarLane<float>.ScaleByPowerOfTwo(ScalarLane<float>.Broadcast((float)x), ScalarLane<float>.Broadcast(n)), &single);
                Assert.Equal(MathF.ScaleB((float)x, n), single);
            }
    }

    [Fact]
    public void DecomposingGivesTheNumberBack()
    {
        Random random = new(1);
        for (int i = 0; i < 10000; i++)
        {
            double x = Math.Pow(2, (random.NextDouble() * 2000) - 1000), m, e;
            ScalarLane<double>.Store(ScalarLane<double>.Decompose(ScalarLane<double>.Broadcast(x), out ScalarLane<double> exponent), &m);
            ScalarLane<double>.Store(exponent, &e);
            Assert.Equal(x, Math.ScaleB(m, (int)e));
            Assert.InRange(m, Math.Sqrt(0.5), Math.Sqrt(2));
        }
    }

    [Fact]
    public void AnyAndSumSeeEveryElement()
    {
        Reductions<float, VectorLane<float>>();
        Reductions<double, Vector512Lane<double>>();
        Reductions<float, Vector512Lane<float>>();
    }

    private static void Reductions<T, TLane>()
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
    {
        T[] x = new T[TLane.Width];
        fixed (T* p = x)
        {
            Assert.False(TLane.Any(TLane.LessThan(TLane.Load(p), TLane.Constant(0))));
            T sum = T.Zero;
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = -T.One;
                Assert.True(TLane.Any(TLane.LessThan(TLane.Load(p), TLane.Constant(0))));
                x[i] = T.CreateTruncating(i + 1);
                sum += x[i];
                Assert.Equal(sum, TLane.SumElements(TLane.Load(p)));
            }
        }
    }

    private static void Compare<T, TLane>(string operation)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
    {
        int n = Values.Length;
        T[] a = Array.ConvertAll(Values, T.CreateTruncating), b = new T[n], c = new T[n], wide = new T[n], one = new T[n];
        Assert.Equal(0, n % TLane.Width);
        for (int shift = 0; shift < n; shift++)
        {
            for (int i = 0; i < n; i++)
            {
                b[i] = a[(i + shift) % n];
                c[i] = a[(i + (2 * shift)) % n];
            }
            fixed (T* pa = a, pb = b, pc = c, pw = wide, po = one)
            {
                for (int i = 0; i < n; i += TLane.Width)
                    TLane.Store(Apply<T, TLane>(operation, TLane.Load(pa + i), TLane.Load(pb + i), TLane.Load(pc + i)), pw + i);
                for (int i = 0; i < n; i++)
                    ScalarLane<T>.Store(Apply<T, ScalarLane<T>>(operation, ScalarLane<T>.Load(pa + i), ScalarLane<T>.Load(pb + i), ScalarLane<T>.Load(pc + i)), po + i);
            }
            for (int i = 0; i < n; i++)
                Assert.True((T.IsNaN(wide[i]) && T.IsNaN(one[i])) || (wide[i] == one[i] && T.IsNegative(wide[i]) == T.IsNegative(one[i])),
                    $"{typeof(TLane).Name} {operation}({a[i]}, {b[i]}, {c[i]}) is {wide[i]}, the scalar lane says {one[i]}");
        }
    }

    private static TLane Apply<T, TLane>(string operation, TLane a, TLane b, TLane c)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
    {
        TLane n = TLane.Max(TLane.Constant(-120), TLane.Min(TLane.Constant(120), TLane.Round(b)));
        n = TLane.Select(TLane.EqualTo(b, b), n, TLane.Constant(0));
        TLane positive = TLane.Abs(a);
        TLane normal = TLane.Select(TLane.LessThan(positive, TLane.Constant(1e37)), TLane.Max(TLane.Constant(1e-35), positive), TLane.Constant(3));
        TLane mantissa = TLane.Decompose(normal, out TLane exponent);
        return operation switch
        {
            "add" => a + b,
            "subtract" => a - b,
            "multiply" => a * b,
            "divide" => a / b,
            "negate" => -a,
            "multiplyAdd" => TLane.MultiplyAdd(a, b, c),
            "max" => TLane.Max(TLane.Constant(0.1), b),
            "min" => TLane.Min(TLane.Constant(0.1), b),
            "abs" => TLane.Abs(a),
            "sqrt" => TLane.Sqrt(a),
            "round" => TLane.Round(a),
            "copySign" => TLane.CopySign(a, b),
            "less" => TLane.Select(TLane.LessThan(a, b), a, c),
            "equal" => TLane.Select(TLane.EqualTo(a, b), a, c),
            "powerOfTwo" => TLane.PowerOfTwo(n),
            "scale" => TLane.ScaleByPowerOfTwo(a, n),
            "mantissa" => mantissa,
            "exponent" => exponent,
            "constant" => TLane.Constant(0.1) + a,
            "broadcast" => TLane.Broadcast(T.Pi) * a,
            _ => throw new ArgumentException(operation),
        };
    }
}
