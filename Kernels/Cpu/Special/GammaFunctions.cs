namespace NativeFlow.Kernels;

/// <summary>Logarithm of the gamma function and its derivative, in double.</summary>
internal static class GammaFunctions
{
    private const double OneMinusEuler = 0.42278433509846713939;
    private const double HalfLogTwoPi = 0.91893853320467274178;

    // Where digamma is zero, in two parts.
    private const double Root = 1.4616321449683622;
    private const double RootRest = 9.549995429965697e-17;

    // (-1)^k (zeta(k) - 1) / k, k = 2, 3, ...: lgamma(2 + e) = (1 - gamma) e + sum of these e^k. DLMF 5.7.3.
    private static readonly double[] LogGammaAtTwo =
    [
        0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986, 0.0028905103307415234,
        -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-05, -4.492623673813314e-05,
        2.050721277567069e-05, -9.439488275268397e-06, 4.374866789907488e-06, -2.039215753801366e-06, 9.55141213040742e-07,
        -4.492469198764566e-07, 2.1207184805554665e-07, -1.0043224823968099e-07, 4.7698101693639804e-08, -2.2711094608943164e-08,
        1.0838659214896955e-08, -5.183475041970047e-09, 2.4836745438024785e-09, -1.1921401405860912e-09, 5.731367241678862e-10,
        -2.7595228851242334e-10, 1.330476437424449e-10, -6.4229645638381e-11,
    ];

    // Taylor coefficients of digamma at its root, from Hurwitz zeta values. DLMF 5.7.4.
    private static readonly double[] DigammaAtRoot =
    [
        0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652, 0.10782405069126237,
        -0.07219956125645471, 0.04880428816414311, -0.03316112647484736, 0.022597648232218104, -0.01542476590494896,
        0.010538791616612175, -0.007204534386356869, 0.004926781395729853, -0.003369801655439328, 0.002305126326734928,
        -0.0015769367714301972, 0.0010788252019162967, -0.0007380709389960052, 0.000504953265834602, -0.0003454680251063077,
        0.00023635601564027053, -0.00016170622091974803, 0.0001106337276874741, -7.569179582195066e-05, 5.178575795222081e-05,
        -3.5430070947659604e-05, 2.424006611860132e-05, -1.6584242271854135e-05, 1.134638458466385e-05, -7.762817668462094e-06,
        5.3110609208898636e-06, -3.6336507898010456e-06, 2.486022733129538e-06, -1.7008538854332607e-06, 1.1636675363548843e-06,
    ];

    // B_2k / (2k (2k - 1)) and B_2k / 2k. DLMF 5.11.1 and 5.11.2.
    private static readonly double[] Stirling = [1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156, -3617.0 / 122400, 43867.0 / 244188];
    private static readonly double[] DigammaTail = [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12, -3617.0 / 8160, 43867.0 / 14364];

    public static double LogGamma(double x)
    {
        if (double.IsNaN(x)) return x;
        if (double.IsInfinity(x)) return double.PositiveInfinity;
        if (x <= 0)
        {
            if (x == Math.Floor(x)) return double.PositiveInfinity;
            return Math.Log(Math.PI / Math.Abs(SinPi(x))) - LogGamma(1 - x);
        }

        if (x < 0.5) return NearOne(x) - Math.Log(x);
        if (x <= 1.5) return NearOne(x - 1);
        if (x <= 2.5) return Series(x - 2);
        if (x < 10)
        {
            double product = 1;
            while (x > 2.5)
            {
                x -= 1;
                product *= x;
            }

            return Series(x - 2) + Math.Log(product);
        }

        double inverse = 1 / x, square = inverse * inverse, tail = 0;
        for (int k = Stirling.Length - 1; k >= 0; k--) tail = tail * square + Stirling[k];
        return (x - 0.5) * (Math.Log(x) - 1) - 0.5 + HalfLogTwoPi + tail * inverse;
    }

    public static double Digamma(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x <= 0)
        {
            if (x == Math.Floor(x)) return double.NaN;
            return Digamma(1 - x) - Math.PI / Math.Tan(Math.PI * (x - Math.Round(x)));
        }

        double shift = 0;
        if (x < 1)
        {
            shift = -1 / x;
            x += 1;
        }

        if (x < 2)
        {
            double e = x - Root - RootRest, sum = 0;
            for (int k = DigammaAtRoot.Length - 1; k >= 0; k--) sum = sum * e + DigammaAtRoot[k];
            return sum * e + shift;
        }

        while (x < 10)
        {
            shift -= 1 / x;
            x += 1;
        }

        double square = 1 / (x * x), tail = 0;
        for (int k = DigammaTail.Length - 1; k >= 0; k--) tail = tail * square + DigammaTail[k];
        return Math.Log(x) - 0.5 / x - tail * square + shift;
    }

    // log(Gamma(x + 1/2) / (Gamma(x) sqrt x)) ~ sum of these x^-(2k + 1): from DLMF 5.11.8 at h = 1/2 and h = 0.
    private static readonly double[] RatioTail = [-1.0 / 8, 1.0 / 192, -1.0 / 640, 17.0 / 14336, -31.0 / 18432, 691.0 / 180224, -5461.0 / 425984, 929569.0 / 15728640];

    /// <summary>log(Gamma(x + 1/2) / (Gamma(x) sqrt x)) for x above 0, without the cancellation of the two logarithms for large x.</summary>
    public static double LogGammaRatio(double x)
    {
        if (!(x >= 12)) return LogGamma(x + 0.5) - LogGamma(x) - 0.5 * Math.Log(x);
        double square = 1 / (x * x), tail = 0;
        for (int k = RatioTail.Length - 1; k >= 0; k--) tail = tail * square + RatioTail[k];
        return tail / x;
    }

    /// <summary>Derivative of <see cref="LogGammaRatio"/>: digamma(x + 1/2) - digamma(x) - 1/(2 x).</summary>
    public static double LogGammaRatioDerivative(double x)
    {
        if (!(x >= 12)) return Digamma(x + 0.5) - Digamma(x) - 0.5 / x;
        double square = 1 / (x * x), tail = 0;
        for (int k = RatioTail.Length - 1; k >= 0; k--) tail = tail * square - (2 * k + 1) * RatioTail[k];
        return tail * square;
    }

    /// <summary>lgamma(1 + e), |e| at most 1/2.</summary>
    private static double NearOne(double e) => Series(e) - LogFunctions.Log1p(e);

    /// <summary>lgamma(2 + e), |e| at most 1/2.</summary>
    private static double Series(double e)
    {
        double sum = 0;
        for (int k = LogGammaAtTwo.Length - 1; k >= 0; k--) sum = (sum + LogGammaAtTwo[k]) * e;
        return (sum + OneMinusEuler) * e;
    }

    private static double SinPi(double x) => Math.Sin(Math.PI * (x - 2 * Math.Round(0.5 * x)));
}
