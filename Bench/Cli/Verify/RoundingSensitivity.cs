using System.Numerics;

namespace NativeFlow.Cli;

/// <summary>
/// What single precision cannot help: the gradient of a spline changes fast with the place in its bin. Measured in double, by the reference: the
/// sum, over the elements of the input, of what one last digit of single precision there does to a tensor; twice, since a place in a bin is a number minus a
/// knot, and the knot, a sum of rounded widths, carries a digit of its own.
/// </summary>
internal static class RoundingSensitivity
{
    /// <summary>Last digits in a place in a bin: the number's and the knot's.</summary>
    public const int DigitsOfAPlace = 2;

    /// <summary>Lets every tensor of <paramref name="compute"/> move by its sensitivity, in single precision; in double nothing is allowed.</summary>
    /// <param name="run">The case.</param>
    /// <param name="at">The numbers that are moved.</param>
    /// <param name="compute">From them to named tensors, in double.</param>
    public static void Allow<T>(CaseRun<T> run, double[] at, Func<double[], Dictionary<string, double[]>> compute) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float)) return;
        var x = (double[])at.Clone();
        Dictionary<string, double[]> here = compute(x);
        var sums = here.ToDictionary(p => p.Key, p => new double[p.Value.Length]);
        for (int i = 0; i < x.Length; i++)
        {
            double before = x[i];
            x[i] = MathF.BitIncrement((float)before);
            if (x[i] - before < before - MathF.BitDecrement((float)before)) x[i] = MathF.BitDecrement((float)before);
            foreach ((string name, double[] values) in compute(x))
                for (int k = 0; k < values.Length; k++) sums[name][k] += Math.Abs(values[k] - here[name][k]);
            x[i] = before;
        }
        foreach ((string name, double[] sum) in sums) run.Moved[name] = DigitsOfAPlace * sum.Max();
    }
}
