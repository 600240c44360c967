using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Degrees of the units of a masked network and the masks that follow: a unit sees units of at most its degree, an output of strictly less.</summary>
internal static class MadeDegrees
{
    /// <summary>1 .. D by the place of each feature in <paramref name="order"/> (its first entry is the feature that depends on none).</summary>
    /// <exception cref="ArgumentException">The order does not hold every feature once.</exception>
    public static int[] Inputs(ReadOnlySpan<int> order)
    {
        var degrees = new int[order.Length];
        for (int k = 0; k < order.Length; k++)
        {
            if ((uint)order[k] >= (uint)order.Length || degrees[order[k]] != 0) throw new ArgumentException($"order[{k}] is {order[k]}; the order must hold each of 0 .. {order.Length - 1} once.");
            degrees[order[k]] = k + 1;
        }
        return degrees;
    }

    /// <summary>Every input degree <paramref name="each"/> times over.</summary>
    public static int[] Outputs(int[] inputs, int each)
    {
        var degrees = new int[checked(inputs.Length * each)];
        for (int i = 0; i < degrees.Length; i++) degrees[i] = inputs[i / each];
        return degrees;
    }

    /// <summary>Hidden units take the degrees 1 .. D - 1 in turns.</summary>
    public static int[] Cyclic(int features, int width)
    {
        var degrees = new int[width];
        for (int k = 0; k < width; k++) degrees[k] = (k % Math.Max(1, features - 1)) + Math.Min(1, features - 1);
        return degrees;
    }

    /// <summary>Hidden degrees drawn evenly from the least degree of the layer before up to D - 1, so that every unit has something to see.</summary>
    public static int[] Random(int features, int width, int least, ulong key)
    {
        var uniform = new double[width];
        RandomFill.Uniform<double>(key, 0, 0, uniform);
        int high = Math.Max(features - 1, 0), low = Math.Min(least, high);
        return Array.ConvertAll(uniform, u => low + (int)(u * (high - low + 1)));
    }

    /// <summary>[out x in]: 1 where the output's degree is at least the input's (more than it, if <paramref name="strict"/>).</summary>
    public static double[] Mask(int[] outputs, int[] inputs, bool strict)
    {
        var mask = new double[checked(outputs.Length * inputs.Length)];
        for (int o = 0; o < outputs.Length; o++)
            for (int i = 0; i < inputs.Length; i++)
                if (strict ? outputs[o] > inputs[i] : outputs[o] >= inputs[i]) mask[(o * inputs.Length) + i] = 1;
        return mask;
    }
}
