using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The meaning of <see cref="Elementwise"/>: plain loops over the scalar members.</summary>
public static class ReferenceElementwise
{
    /// <summary>y = f(x).</summary>
    public static void Map<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        for (int i = 0; i < x.Length; i++) y[i] = f.Value(x[i]);
    }

    /// <summary>destination = f'(x), given y = f(x).</summary>
    public static void Derivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        for (int i = 0; i < x.Length; i++) destination[i] = f.Derivative(x[i], y[i]);
    }

    /// <summary>destination = f''(x), given y = f(x).</summary>
    public static void SecondDerivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        for (int i = 0; i < x.Length; i++) destination[i] = f.SecondDerivative(x[i], y[i]);
    }

    /// <summary>dx += dy f'(x), given y = f(x).</summary>
    public static void AddDerivative<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> dy, Span<T> dx, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        for (int i = 0; i < x.Length; i++) dx[i] += dy[i] * f.Derivative(x[i], y[i]);
    }

    /// <summary>y = f(x) and logDet[row] += sum over the row of log|f'(x)|; x and y are [rows x columns], row-major, rows = logDet.Length.</summary>
    public static void MapWithLogDerivative<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, Span<T> logDet, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Lengths.Columns("ReferenceElementwise.MapWithLogDerivative", "x", x.Length, "logDet", logDet.Length);
        for (int row = 0; row < logDet.Length; row++)
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                T value = f.Value(x[i]);
                logDet[row] += f.LogDerivative(x[i], value);
                y[i] = value;
            }
    }

    /// <summary>As <see cref="MapWithLogDerivative"/>, and also derivative = f'(x).</summary>
    public static void MapWithDerivatives<T, TFunction>(ReadOnlySpan<T> x, Span<T> y, Span<T> derivative, Span<T> logDet, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Lengths.Columns("ReferenceElementwise.MapWithDerivatives", "x", x.Length, "logDet", logDet.Length);
        for (int row = 0; row < logDet.Length; row++)
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                T value = f.Value(x[i]);
                logDet[row] += f.LogDerivative(x[i], value);
                derivative[i] = f.Derivative(x[i], value);
                y[i] = value;
            }
    }
}
