using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>Odd functions that saturate, in float over 512 bits: one polynomial of degree 5 for each quarter octave of |x|, coefficients out of registers.</summary>
/// <remarks>The centres are such that the value there is nearly a float, so that the result is rounded little more than once. Own fits.</remarks>
internal static class WidePieces
{
    /// <summary>The hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> size = Size(x, 9.02f, out Vector512<int> k);
        Vector512<float> d = size - Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                2.2499433f, 2.7500668f, 3.2499137f, 3.7500856f, 4.499932f, 5.5001907f, 6.4998093f, 7.5001907f,
                8.510382f, 0f, 0f, 0f, 0f, 0f, 0f, 0f),
            k,
            Vector512.Create(
                0.14062971f, 0.17187272f, 0.20312424f, 0.23437345f, 0.28124323f, 0.34375155f, 0.4062405f, 0.4687535f,
                0.5624765f, 0.6874874f, 0.812479f, 0.93751985f, 1.1249803f, 1.375041f, 1.6249857f, 1.875007f));
        Vector512<float> y = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.0039776294f, 0.0019157131f, 0.0007711557f, 0.00029288672f, 6.858482e-05f, 9.240155e-06f, 1.2547382e-06f, 1.8009403e-07f,
                4.9538087e-08f, 0f, 0f, 0f, 0f, 0f, 0f, 0.12998603f),
            k,
            Vector512.Create(
                0.61331624f, -1.0149571f, 0.81946826f, 0.017162383f, 0.06646611f, -0.033042017f, -0.0015966445f, 0.048272945f,
                -0.038978525f, -0.05827559f, -0.05653054f, -0.05505783f, -0.03204666f, -0.009585863f, 0.0013712039f, 0.0046168105f));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                -0.0123866135f, -0.0051468126f, -0.001978173f, -0.0007391063f, -0.0001719787f, -2.2077358e-05f, -4.042402e-06f, 1.3670625e-06f,
                2.2393513e-06f, 0f, 0f, 0f, 0f, 0f, 0f, 0.00047279938f),
            k,
            Vector512.Create(
                0.08896856f, 0.10740477f, 0.12117216f, 0.13812722f, 0.149836f, 0.1640907f, 0.17014006f, 0.16826856f,
                0.15330096f, 0.11943913f, 0.07991872f, 0.043290254f, 0.0036688785f, -0.021116097f, -0.025128441f, -0.020851137f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.027090516f, 0.010544831f, 0.00396162f, 0.0014680193f, 0.00032839202f, 4.4482986e-05f, 6.025006e-06f, 8.129588e-07f,
                1.03082336e-07f, 0f, 0f, 0f, 0f, 0f, 0f, -0.33335564f),
            k,
            Vector512.Create(
                -0.30784267f, -0.29519096f, -0.28163528f, -0.2654755f, -0.23884158f, -0.19930579f, -0.15743929f, -0.1150992f,
                -0.05436442f, 0.0143643925f, 0.064214915f, 0.09479151f, 0.11097437f, 0.099569276f, 0.075165875f, 0.05180071f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                -0.04251322f, -0.01607927f, -0.005978332f, -0.0022069116f, -0.00049285963f, -6.701918e-05f, -8.80362e-06f, -1.6886265e-06f,
                -7.837135e-07f, 0f, 0f, 0f, 0f, 0f, 0f, 3.1190402e-07f),
            k,
            Vector512.Create(
                -0.13698302f, -0.16527015f, -0.19233096f, -0.21798065f, -0.253472f, -0.2946161f, -0.32808664f, -0.3536285f,
                -0.37730762f, -0.3842669f, -0.368904f, -0.33850327f, -0.27924302f, -0.19874613f, -0.1330077f, -0.08566997f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.043469742f, 0.016212143f, 0.005996749f, 0.0022095153f, 0.00049359887f, 6.677909e-05f, 9.044725e-06f, 1.2231417e-06f,
                1.6219457e-07f, 0f, 0f, 0f, 0f, 0f, 0f, 1f),
            k,
            Vector512.Create(
                0.98048115f, 0.9710319f, 0.9598495f, 0.9470198f, 0.9248937f, 0.89055645f, 0.8515625f, 0.8088635f,
                0.74009115f, 0.64434826f, 0.5498187f, 0.46112555f, 0.34504277f, 0.22588867f, 0.14373817f, 0.08979644f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.97802365f, 0.9918608f, 0.9969971f, 0.99889463f, 0.9997532f, 0.9999666f, 0.99999547f, 0.9999994f,
                0.99999994f, 0f, 0f, 0f, 0f, 0f, 0f, 0f),
            k,
            Vector512.Create(
                0.13970992f, 0.1702001f, 0.20037599f, 0.23017424f, 0.27405533f, 0.3308225f, 0.38527587f, 0.4371916f,
                0.5098126f, 0.59636545f, 0.67095554f, 0.7340807f, 0.8092943f, 0.87983596f, 0.92534417f, 0.9540459f)));
        return Vector512.CopySign(y, x);
    }

    /// <summary>The error function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> x)
    {
        Vector512<float> size = Size(x, 3.93f, out Vector512<int> k);
        Vector512<float> d = size - Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                2.2500777f, 2.7499142f, 3.2500954f, 3.7150953f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f),
            k,
            Vector512.Create(
                0.14062288f, 0.17187165f, 0.20312814f, 0.23437859f, 0.28125885f, 0.34375966f, 0.4062597f, 0.4687444f,
                0.5625105f, 0.6874769f, 0.81250226f, 0.9374944f, 1.1250116f, 1.3749713f, 1.6250386f, 1.8750187f));
        Vector512<float> y = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.010574058f, 0.002832865f, 0.00033117543f, 2.592218e-05f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 0.11096829f),
            k,
            Vector512.Create(
                -0.83834124f, -3.0011172f, 2.7723224f, -2.1875346f, -0.027143445f, 0.13861075f, 0.010264209f, 0.02921733f,
                -0.012261867f, -0.04491805f, -0.06631496f, -0.06771616f, -0.061119553f, -0.030676488f, -0.0023616645f, 0.011313071f));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                -0.019325808f, -0.0034041025f, -0.00029686812f, 8.127234e-05f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 0.00028992916f),
            k,
            Vector512.Create(
                0.07654076f, 0.09156696f, 0.107074514f, 0.12644394f, 0.13904484f, 0.1587239f, 0.17281525f, 0.18119079f,
                0.18230215f, 0.16547467f, 0.13255939f, 0.09088903f, 0.02830559f, -0.030015105f, -0.04940589f, -0.042169556f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.021721464f, 0.002758887f, 0.00019526835f, 1.0066184e-05f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, -0.3761423f),
            k,
            Vector512.Create(
                -0.35388744f, -0.3426518f, -0.33196408f, -0.3161692f, -0.2924089f, -0.25532147f, -0.21360168f, -0.16926637f,
                -0.100631624f, -0.012818182f, 0.062284287f, 0.11834445f, 0.1624528f, 0.15794204f, 0.11483549f, 0.06743925f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                -0.016060429f, -0.0016101695f, -9.52242e-05f, -9.052521e-06f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 3.0351103e-07f),
            k,
            Vector512.Create(
                -0.15556891f, -0.18829113f, -0.2199408f, -0.25033286f, -0.2932283f, -0.34465858f, -0.38866884f, -0.42458773f,
                -0.46255884f, -0.48356506f, -0.473779f, -0.4392624f, -0.3580542f, -0.23426063f, -0.13075563f, -0.06289507f)));
        y = Vector512.FusedMultiplyAdd(y, d, Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.007139798f, 0.00058657594f, 2.9171033e-05f, 1.1438027e-06f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 0.12837917f),
            k,
            Vector512.Create(
                1.1062849f, 1.0955344f, 1.0827686f, 1.0680653f, 1.0425563f, 1.002615f, 0.9567007f, 0.9057979f,
                0.82231164f, 0.7033911f, 0.583111f, 0.46854952f, 0.31826568f, 0.17037323f, 0.08046215f, 0.03354347f)));
        // Next to zero x itself is exact, and most of the result.
        Vector512<float> start = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.99853784f, 0.9998993f, 0.9999957f, 0.9999999f, 0f, 0f, 0f, 0f,
                0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f),
            k,
            Vector512.Create(
                0.15763618f, 0.19204357f, 0.22609179f, 0.259704f, 0.30919296f, 0.37313887f, 0.43439618f, 0.4926084f,
                0.5736831f, 0.6690684f, 0.74946535f, 0.8150998f, 0.8883919f, 0.9481652f, 0.97844684f, 0.9919907f));
        start = Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.125f)), size, start);
        y = Vector512.FusedMultiplyAdd(y, d, start);
        return Vector512.CopySign(y, x);
    }

    // |x| up to where the function is 1 (a NaN passes), and its quarter octave in the low five bits; all below 1/8 share one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Size(Vector512<float> x, float last, out Vector512<int> k)
    {
        Vector512<float> size = Vector512.MinNative(Vector512.Create(last), Vector512.Abs(x));
        k = Vector512.ShiftRightLogical(Vector512.Max(size.AsInt32(), Vector512.Create(0x3DFFFFFF)), 21);
        return size;
    }
}
