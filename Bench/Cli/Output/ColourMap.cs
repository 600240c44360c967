namespace NativeFlow.Cli;

/// <summary>Viridis: colours whose lightness rises evenly, so that equal steps of a value look equal (also in grey, and to the colour-blind).</summary>
/// <remarks>A polynomial of degree 6 through matplotlib's table (both CC0), within 2 of 255.</remarks>
internal static class ColourMap
{
    private static readonly double[] Red = [0.2777273272234177, 0.1050930431085774, -0.3308618287255563, -4.634230498983486, 6.228269936347081, 4.776384997670288, -5.435455855934631];
    private static readonly double[] Green = [0.005407344544966578, 1.404613529898575, 0.214847559468213, -5.799100973351585, 14.17993336680509, -13.74514537774601, 4.645852612178535];
    private static readonly double[] Blue = [0.3340998053353061, 1.384590162594685, 0.09509516302823659, -19.33244095627987, 56.69055260068105, -65.35303263337234, 26.3124352495832];

    /// <summary>The colour of a value; below 0 as 0, above 1 as 1.</summary>
    public static (byte Red, byte Green, byte Blue) Of(double value)
    {
        double t = Math.Clamp(value, 0, 1);
        return (Channel(Red, t), Channel(Green, t), Channel(Blue, t));
    }

    private static byte Channel(double[] coefficients, double t)
    {
        double sum = 0;
        for (int k = coefficients.Length - 1; k >= 0; k--) sum = sum * t + coefficients[k];
        return (byte)Math.Round(255 * Math.Clamp(sum, 0, 1));
    }
}
