using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary><see cref="RationalQuadratic"/> over lanes and threads: a lane's worth of elements at once, knots made on the fly and never stored.</summary>
/// <remarks>
/// All spans as there; Without workers all runs on the calling thread. Cost of an element: 2 bins exponentials, 7 selects an inner
/// knot, two softplus, one logarithm; with shared parameters the exponentials are made once for many rows. Allocates nothing
/// after a thread's first call.
/// </remarks>
public static unsafe class RationalQuadraticSimd
{
    /// <summary>z and logDet, as <see cref="RationalQuadratic.Forward"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> z, Span<T> logDet, int bins, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T> => Value(x, raw, settings, z, logDet, bins, inverse: false, workers);

    /// <summary>x and logDet, as <see cref="RationalQuadratic.Inverse"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Inverse<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> x, Span<T> logDet, int bins, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T> => Value(z, raw, settings, x, logDet, bins, inverse: true, workers);

    /// <summary>As <see cref="RationalQuadratic.Backward"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Backward<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, Span<T> dRaw, int bins,
        Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T> => Gradient(x, raw, settings, dz, dLogDet, dx, dRaw, bins, inverse: false, workers);

    /// <summary>As <see cref="RationalQuadratic.InverseBackward"/>.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseBackward<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, Span<T> dRaw, int bins,
        Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T> => Gradient(z, raw, settings, dx, dLogDet, dz, dRaw, bins, inverse: true, workers);

    private static void Value<T>(
        ReadOnlySpan<T> input, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> output, Span<T> logDet, int bins, bool inverse, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, _) = RationalQuadratic.Shape(input.Length, output.Length, logDet.Length, raw.Length, bins);
        fixed (T* x = input, r = raw, z = output, l = logDet)
            SplineWork<T>.Run(new SplineArgs<T>
            {
                Input = x,
                Raw = r,
                Output = z,
                LogDet = l,
                Rows = logDet.Length,
                Columns = columns,
                Bins = bins,
                IsShared = splines == columns && logDet.Length > 1,
                IsInverse = inverse,
                Numbers = new SplineNumbers<T>(settings, bins),
            }, workers);
    }

    private static void Gradient<T>(
        ReadOnlySpan<T> input, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> dOutput, ReadOnlySpan<T> dLogDet, Span<T> dInput, Span<T> dRaw,
        int bins, bool inverse, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, _) = RationalQuadratic.Shape(input.Length, dOutput.Length, dLogDet.Length, raw.Length, bins);
        if (!dInput.IsEmpty) Lengths.Same("RationalQuadratic", "x", input.Length, "dx", dInput.Length);
        if (!dRaw.IsEmpty) Lengths.Same("RationalQuadratic", "raw", raw.Length, "dRaw", dRaw.Length);
        fixed (T* x = input, r = raw, dz = dOutput, dl = dLogDet, dx = dInput, dr = dRaw)
            SplineWork<T>.Run(new SplineArgs<T>
            {
                Input = x,
                Raw = r,
                DOutput = dz,
                DLogDet = dl,
                DInput = dx,
                DRaw = dr,
                Rows = dLogDet.Length,
                Columns = columns,
                Bins = bins,
                IsShared = splines == columns && dLogDet.Length > 1,
                IsInverse = inverse,
                IsBackward = true,
                Numbers = new SplineNumbers<T>(settings, bins),
            }, workers);
    }
}
