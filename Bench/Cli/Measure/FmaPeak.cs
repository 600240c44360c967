using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Cli;

/// <summary>The multiply-add rate of one core: twelve independent chains in registers, no memory.</summary>
internal static class FmaPeak
{
    private const int Chains = 12;

    /// <summary>Where results go, so that no loop is dead.</summary>
    private static double s_sink;

    private interface ILane<TSelf> where TSelf : struct, ILane<TSelf>
    {
        static abstract int Count { get; }

        static abstract TSelf Of(double value);

        static abstract TSelf Fma(TSelf a, TSelf x, TSelf y);

        static abstract double Sum(TSelf a);
    }

    /// <summary>Width in bits that the kernels use on this machine.</summary>
    public static int Width => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Operations a second now, of one width; some tenths of a millisecond by default.</summary>
    /// <param name="width">512, 256 or 128 bits.</param>
    /// <param name="iterations">Of twelve multiply-adds.</param>
    public static double Now<T>(int width, int iterations = 80_000) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double start = BenchClock.Thread;
        double flops = Work<T>(width, iterations);
        return flops / (BenchClock.Thread - start);
    }

    /// <summary>Runs the loop without a clock and returns its operations.</summary>
    public static double Work<T>(int width, int iterations) where T : unmanaged, IFloatingPointIeee754<T> => (typeof(T) == typeof(float), width) switch
    {
        (true, 512) => Loop<Single512>(iterations),
        (true, 256) => Loop<Single256>(iterations),
        (true, _) => Loop<Single128>(iterations),
        (false, 512) => Loop<Double512>(iterations),
        (false, 256) => Loop<Double256>(iterations),
        _ => Loop<Double128>(iterations),
    };

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double Loop<TLane>(int iterations) where TLane : struct, ILane<TLane>
    {
        TLane x = TLane.Of(0.9999999), y = TLane.Of(1e-9);
        TLane a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int n = iterations; n > 0; n--)
        {
            a = TLane.Fma(a, x, y);
            b = TLane.Fma(b, x, y);
            c = TLane.Fma(c, x, y);
            d = TLane.Fma(d, x, y);
            e = TLane.Fma(e, x, y);
            f = TLane.Fma(f, x, y);
            g = TLane.Fma(g, x, y);
            h = TLane.Fma(h, x, y);
            i = TLane.Fma(i, x, y);
            j = TLane.Fma(j, x, y);
            k = TLane.Fma(k, x, y);
            l = TLane.Fma(l, x, y);
        }

        s_sink = TLane.Sum(a) + TLane.Sum(b) + TLane.Sum(c) + TLane.Sum(d) + TLane.Sum(e) + TLane.Sum(f)
            + TLane.Sum(g) + TLane.Sum(h) + TLane.Sum(i) + TLane.Sum(j) + TLane.Sum(k) + TLane.Sum(l);
        return 2.0 * Chains * TLane.Count * iterations;
    }

    private readonly struct Single512(Vector512<float> v) : ILane<Single512>
    {
        private readonly Vector512<float> _v = v;
        public static int Count => 16;
        public static Single512 Of(double value) => new(Vector512.Create((float)value));
        public static Single512 Fma(Single512 a, Single512 x, Single512 y) => new(Vector512.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Single512 a) => Vector512.Sum(a._v);
    }

    private readonly struct Single256(Vector256<float> v) : ILane<Single256>
    {
        private readonly Vector256<float> _v = v;
        public static int Count => 8;
        public static Single256 Of(double value) => new(Vector256.Create((float)value));
        public static Single256 Fma(Single256 a, Single256 x, Single256 y) => new(Vector256.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Single256 a) => Vector256.Sum(a._v);
    }

    private readonly struct Single128(Vector128<float> v) : ILane<Single128>
    {
        private readonly Vector128<float> _v = v;
        public static int Count => 4;
        public static Single128 Of(double value) => new(Vector128.Create((float)value));
        public static Single128 Fma(Single128 a, Single128 x, Single128 y) => new(Vector128.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Single128 a) => Vector128.Sum(a._v);
    }

    private readonly struct Double512(Vector512<double> v) : ILane<Double512>
    {
        private readonly Vector512<double> _v = v;
        public static int Count => 8;
        public static Double512 Of(double value) => new(Vector512.Create(value));
        public static Double512 Fma(Double512 a, Double512 x, Double512 y) => new(Vector512.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Double512 a) => Vector512.Sum(a._v);
    }

    private readonly struct Double256(Vector256<double> v) : ILane<Double256>
    {
        private readonly Vector256<double> _v = v;
        public static int Count => 4;
        public static Double256 Of(double value) => new(Vector256.Create(value));
        public static Double256 Fma(Double256 a, Double256 x, Double256 y) => new(Vector256.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Double256 a) => Vector256.Sum(a._v);
    }

    private readonly struct Double128(Vector128<double> v) : ILane<Double128>
    {
        private readonly Vector128<double> _v = v;
        public static int Count => 2;
        public static Double128 Of(double value) => new(Vector128.Create(value));
        public static Double128 Fma(Double128 a, Double128 x, Double128 y) => new(Vector128.MultiplyAddEstimate(a._v, x._v, y._v));
        public static double Sum(Double128 a) => Vector128.Sum(a._v);
    }
}
