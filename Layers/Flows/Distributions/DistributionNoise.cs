using System.Buffers;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Noise of standard distributions, element i a function of (key, stream, i) alone. Made in double for every element type, so that single precision has the same tails.</summary>
internal static class DistributionNoise
{
    /// <summary>Standard normal numbers [rows x cols].</summary>
    public static Var Gaussian<T>(Tape<T> tape, int rows, int cols, ulong key, ulong stream) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var z = tape.Allocate(rows, cols, false);
        tape.Backend.Random(new RandomArgs(RandomKind.Gaussian, tape.ValueOf(z), key, stream));
        return z;
    }

    /// <summary>Uniform numbers through a quantile function, [rows x cols]. The argument is a multiple of 2^-53 in (0, 1), and 2^-54 for the first cell: never 0 or 1.</summary>
    public static Var Quantile<T>(Tape<T> tape, int rows, int cols, ulong key, ulong stream, Func<double, double> quantile) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int count = rows * cols;
        double[] uniform = ArrayPool<double>.Shared.Rent(count);
        T[] values = ArrayPool<T>.Shared.Rent(count);
        Fill(key, stream, uniform.AsSpan(0, count));
        for (int i = 0; i < count; i++) values[i] = T.CreateTruncating(quantile(uniform[i]));
        Var v = tape.Input(values.AsSpan(0, count), rows, cols);
        ArrayPool<double>.Shared.Return(uniform);
        ArrayPool<T>.Shared.Return(values);
        return v;
    }

    /// <summary>Uniform in the open interval (0, 1).</summary>
    public static void Fill(ulong key, ulong stream, Span<double> destination)
    {
        RandomFill.Uniform(key, stream, 0, destination);
        for (int i = 0; i < destination.Length; i++)
            if (destination[i] == 0) destination[i] = 1.0 / (1L << 54);
    }

    /// <summary>tan(pi (u - 1/2)), from the near end so that the tails keep their digits.</summary>
    public static double Cauchy(double u)
        => u < 0.25 ? -1 / Math.Tan(Math.PI * u) : u > 0.75 ? 1 / Math.Tan(Math.PI * (1 - u)) : Math.Tan(Math.PI * (u - 0.5));

    /// <summary>-log(-log(1 - u)): the distribution of the largest.</summary>
    public static double Gumbel(double u) => -Math.Log(Exponential(u));

    /// <summary>log(2 u) below 1/2, -log(2 (1 - u)) above.</summary>
    public static double Laplace(double u) => u < 0.5 ? Math.Log(2 * u) : -Math.Log(2 * (1 - u));

    /// <summary>log(u/(1 - u)).</summary>
    public static double Logistic(double u) => SpecialFunctions.Logit(u);

    /// <summary>-log(1 - u).</summary>
    public static double Exponential(double u) => -SpecialFunctions.Log1p(-u);

    /// <summary>pi (2 u - 1).</summary>
    public static double Angle(double u) => Math.PI * ((2 * u) - 1);

    /// <summary>cos(2 pi u).</summary>
    public static double Cosine(double u) => Math.Cos(2 * Math.PI * u);

    /// <summary>The component that u falls into, by cumulated weights.</summary>
    public static int Component<T>(ReadOnlySpan<T> weights, double u) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < weights.Length - 1; k++)
        {
            sum += double.CreateTruncating(weights[k]);
            if (u < sum) return k;
        }

        return weights.Length - 1;
    }
}
