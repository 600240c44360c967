namespace NativeFlow.Layers;

/// <summary>Start values of numbers that are kept positive as softplus(u) + eps.</summary>
internal static class SoftplusStart
{
    /// <summary>u with softplus(u) + eps = 1, <paramref name="count"/> times.</summary>
    public static double[] Ones(int count, double eps)
    {
        var u = new double[count];
        Array.Fill(u, Math.Log(Math.Exp(1 - eps) - 1));
        return u;
    }

    /// <summary>Refuses an eps at which 1 could not be reached, or that does not keep the numbers from zero.</summary>
    public static void Check(double eps)
    {
        if (!(eps > 0 && eps < 1)) throw new ArgumentException($"eps is {eps}; it must be in (0, 1).");
    }
}
