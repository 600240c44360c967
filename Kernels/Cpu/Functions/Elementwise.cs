using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Applies a function, or its derivatives, to every element. A destination may be one of the inputs or apart from all; a shifted overlap is not allowed.</summary>
/// <remarks>Single-threaded; any length. The bits of an element do not depend on where in the array it stands.</remarks>
public static unsafe class Elementwise
{
    /// <summary>y = f(x).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Map<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same("Elementwise.Map", "x", x.Length, "y", y.Length);
        fixed (T* px = x, py = y)
            ElementLoop.Run(new MapPass<T, TFunction>(px, f), py, x.Length);
    }

    /// <summary>destination = f'(x), given y = f(x).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Derivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same("Elementwise.Derivative", "x", x.Length, "y", y.Length);
        Lengths.Same("Elementwise.Derivative", "x", x.Length, "destination", destination.Length);
        fixed (T* px = x, py = y, pd = destination)
            ElementLoop.Run(new DerivativePass<T, TFunction>(px, py, f), pd, x.Length);
    }

    /// <summary>destination = f''(x), given y = f(x).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SecondDerivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same("Elementwise.SecondDerivative", "x", x.Length, "y", y.Length);
        Lengths.Same("Elementwise.SecondDerivative", "x", x.Length, "destination", destination.Length);
        fixed (T* px = x, py = y, pd = destination)
            ElementLoop.Run(new SecondDerivativePass<T, TFunction>(px, py, f), pd, x.Length);
    }

    /// <summary>dx += dy f'(x), given y = f(x): the backward pass of <see cref="Map"/>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddDerivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> dy, Span<T> dx, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same("Elementwise.AddDerivative", "x", x.Length, "y", y.Length);
        Lengths.Same("Elementwise.AddDerivative", "x", x.Length, "dy", dy.Length);
        Lengths.Same("Elementwise.AddDerivative", "x", x.Length, "dx", dx.Length);
        fixed (T* px = x, py = y, pdy = dy, pdx = dx)
            ElementLoop.Run(new AddDerivativePass<T, TFunction>(px, py, pdy, pdx, f), pdx, x.Length);
    }

    /// <summary>y = f(x) and logDet[row] += sum over the row of log|f'(x)|; x and y are [rows x columns], row-major, rows = logDet.Length. In place allowed.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void MapWithLogDerivative<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, Span<T> logDet, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> =>
        FlowRows(x, y, default, logDet, f, "Elementwise.MapWithLogDerivative");

    /// <summary>As <see cref="MapWithLogDerivative"/>, and also derivative = f'(x), all in one pass over x (for most functions with one exp).</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void MapWithDerivatives<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, Span<T> derivative, Span<T> logDet, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same("Elementwise.MapWithDerivatives", "x", x.Length, "derivative", derivative.Length);
        FlowRows(x, y, derivative, logDet, f, "Elementwise.MapWithDerivatives");
    }

    private static void FlowRows<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, Span<T> derivative, Span<T> logDet, TFunction f, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        Lengths.Same(name, "x", x.Length, "y", y.Length);
        int columns = Lengths.Columns(name, "x", x.Length, "logDet", logDet.Length);
        fixed (T* px = x, py = y, pd = derivative)
        {
            for (int row = 0; row < logDet.Length; row++)
            {
                nint start = (nint)row * columns;
                T* pdRow = pd == null ? null : pd + start;
                logDet[row] += Vector512.IsHardwareAccelerated && columns >= Vector512<T>.Count
                    ? FlowRow<T, Vector512Lane<T>, TFunction>(px + start, py + start, pdRow, columns, f)
                    : FlowRow<T, VectorLane<T>, TFunction>(px + start, py + start, pdRow, columns, f);
            }
        }
    }

    private static T FlowRow<T, TLane, TFunction>(T* x, T* y, T* derivative, nint length, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TFunction : struct, IUnaryFunction<T>
    {
        if (Vector512.IsHardwareAccelerated && TFunction.LogDerivativeIsPlain) return FlowRowByProduct<T, TLane, TFunction>(x, y, derivative, length, f);
        nint width = TLane.Width;
        TLane sum = TLane.Constant(0);
        nint i = 0;
        for (; i + width <= length; i += width)
        {
            TLane value = f.ValueAndLogDerivative(TLane.Load(x + i), out TLane d, out TLane logD);
            TLane.Store(value, y + i);
            if (derivative != null) TLane.Store(d, derivative + i);
            sum += logD;
        }
        T total = TLane.SumElements(sum);
        return i < length ? total + FlowTail<T, TLane, TFunction>(x + i, y + i, derivative == null ? null : derivative + i, (int)(length - i), f) : total;
    }

    // Multiplies the derivatives and takes the logarithm of the product. A method of its own, or the JIT's budget for inlining would be spent on both loops.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T FlowRowByProduct<T, TLane, TFunction>(T* x, T* y, T* derivative, nint length, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TFunction : struct, IUnaryFunction<T>
    {
        nint width = TLane.Width;
        TLane sum = TLane.Constant(0);
        Vector512<T> exponents = Vector512<T>.Zero;
        nint i = 0;
        while (i + width <= length)
        {
            Vector512<T> product = Vector512<T>.One;
            // A product of so many numbers below 2 cannot overflow.
            nint stop = Math.Min(length, i + (64 * width));
            for (; i + width <= stop; i += width)
            {
                TLane value = f.ValueAndLogDerivative(TLane.Load(x + i), out TLane d, out _);
                TLane.Store(value, y + i);
                if (derivative != null) TLane.Store(d, derivative + i);
                WideLog.Accumulate(TLane.Widen(d), ref product, ref exponents);
            }
            sum += TLane.Log(TLane.Narrow(product));
        }
        T total = TLane.SumElements(TLane.MultiplyAdd(TLane.Constant(0.69314718055994531), TLane.Narrow(exponents), sum));
        return i < length ? total + FlowTail<T, TLane, TFunction>(x + i, y + i, derivative == null ? null : derivative + i, (int)(length - i), f) : total;
    }

    // Through a padded copy: the padding repeats an element of the row, and its results are dropped.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T FlowTail<T, TLane, TFunction>(T* x, T* y, T* derivative, int rest, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int width = TLane.Width;
        T* buffer = stackalloc T[3 * width];
        for (int i = 0; i < width; i++) buffer[i] = x[Math.Min(i, rest - 1)];
        TLane value = f.ValueAndLogDerivative(TLane.Load(buffer), out TLane d, out TLane logD);
        TLane.Store(value, buffer);
        TLane.Store(d, buffer + width);
        TLane.Store(logD, buffer + (2 * width));
        T sum = T.Zero;
        for (int i = 0; i < rest; i++)
        {
            y[i] = buffer[i];
            if (derivative != null) derivative[i] = buffer[width + i];
            sum += buffer[(2 * width) + i];
        }
        return sum;
    }

    private readonly struct MapPass<T, TFunction>(T* x, TFunction f) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> => f.Value(TLane.Load(x + i));
    }

    private readonly struct DerivativePass<T, TFunction>(T* x, T* y, TFunction f) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> => f.Derivative(TLane.Load(x + i), TLane.Load(y + i));
    }

    private readonly struct SecondDerivativePass<T, TFunction>(T* x, T* y, TFunction f) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> => f.SecondDerivative(TLane.Load(x + i), TLane.Load(y + i));
    }

    private readonly struct AddDerivativePass<T, TFunction>(T* x, T* y, T* dy, T* dx, TFunction f) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.MultiplyAdd(TLane.Load(dy + i), f.Derivative(TLane.Load(x + i), TLane.Load(y + i)), TLane.Load(dx + i));
    }
}
