using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>A function on every element as a flow layer: value, log-determinant [rows] and gradients, each naively and over lanes. All matrices are [rows x columns], row-major, rows = logDet.Length.</summary>
/// <remarks>Source: change of variables with a diagonal Jacobian; the inverse's gradients by the implicit function theorem.</remarks>
public static unsafe class ElementwiseFlow
{
    /// <summary>z = f(x), derivative = f'(x), logDet[r] = sum over the row of log|f'(x)|.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Forward<T, TFunction>(ReadOnlySpan<T> x, Span<T> z, Span<T> derivative, Span<T> logDet, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, z.Length, derivative.Length, logDet.Length);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                z[i] = f.Value(x[i]);
                derivative[i] = f.Derivative(x[i], z[i]);
                sum += f.LogDerivative(x[i], z[i]);
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Forward"/> over lanes, sharing one exp between value, derivative and logarithm.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ForwardSimd<T, TFunction>(ReadOnlySpan<T> x, Span<T> z, Span<T> derivative, Span<T> logDet, TFunction f, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, z.Length, derivative.Length, logDet.Length);
        fixed (T* px = x, pz = z, pd = derivative, pl = logDet)
            Stretches<ForwardRows<T, TFunction>>.Run(new(px, pz, pd, pl, columns, f), logDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>dx = (add ? dx : 0) + dz f'(x) + dLogDet[r] f''(x) / f'(x).</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Backward<T, TFunction>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> z, ReadOnlySpan<T> derivative, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, bool add, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, dz.Length, dx.Length, dLogDet.Length);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
                dx[i] = (add ? dx[i] : T.Zero) + (dz[i] * derivative[i]) + (dLogDet[r] * f.SecondDerivative(x[i], z[i]) / derivative[i]);
    }

    /// <summary><see cref="Backward"/> over lanes.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void BackwardSimd<T, TFunction>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> z, ReadOnlySpan<T> derivative, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, bool add, TFunction f, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, dz.Length, dx.Length, dLogDet.Length);
        Lengths.Same("ElementwiseFlow", "x", x.Length, "derivative", derivative.Length);
        Lengths.Same("ElementwiseFlow", "x", x.Length, "z", z.Length);
        fixed (T* px = x, pz = z, pd = derivative, pdz = dz, pl = dLogDet, pdx = dx)
            Stretches<BackwardRows<T, TFunction>>.Run(new(px, pz, pd, pdz, pl, pdx, columns, add, f), dLogDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>x = f^-1(z), derivative = f'(x), logDet[r] = - sum over the row of log|f'(x)|.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Inverse<T, TFunction, TInverse>(ReadOnlySpan<T> z, Span<T> x, Span<T> derivative, Span<T> logDet, TFunction f, TInverse inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
        where TInverse : struct, IInverseFunction<T>
    {
        int columns = Columns(z.Length, x.Length, derivative.Length, logDet.Length);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                x[i] = inverse.Value(z[i]);
                derivative[i] = f.Derivative(x[i], z[i]);
                sum -= f.LogDerivative(x[i], z[i]);
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Inverse"/> over lanes.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseSimd<T, TFunction, TInverse>(ReadOnlySpan<T> z, Span<T> x, Span<T> derivative, Span<T> logDet, TFunction f, TInverse inverse, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
        where TInverse : struct, IInverseFunction<T>
    {
        int columns = Columns(z.Length, x.Length, derivative.Length, logDet.Length);
        fixed (T* pz = z, px = x, pd = derivative, pl = logDet)
            Stretches<SumRows<T, InversePass<T, TFunction, TInverse>>>.Run(new(new(pz, px, pd, f, inverse), pl, columns), logDet.Length, z.Length, PieceSize.Dear, workers);
    }

    /// <summary>dz += (dx - dLogDet[r] f''(x) / f'(x)) / f'(x), dLogDet the cotangent of the inverse's log-determinant.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseBackward<T, TFunction>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> derivative, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, dz.Length, dx.Length, dLogDet.Length);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
                dz[i] += (dx[i] - (dLogDet[r] * f.SecondDerivative(x[i], z[i]) / derivative[i])) / derivative[i];
    }

    /// <summary><see cref="InverseBackward"/> over lanes.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseBackwardSimd<T, TFunction>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> derivative, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, TFunction f, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        int columns = Columns(x.Length, dz.Length, dx.Length, dLogDet.Length);
        Lengths.Same("ElementwiseFlow", "x", x.Length, "derivative", derivative.Length);
        Lengths.Same("ElementwiseFlow", "x", x.Length, "z", z.Length);
        fixed (T* px = x, pz = z, pd = derivative, pdz = dz, pl = dLogDet, pdx = dx)
            Stretches<InverseBackwardRows<T, TFunction>>.Run(new(px, pz, pd, pdx, pl, pdz, columns, f), dLogDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>bend = f''(x) / f'(x) times a tangent of x.</summary>
    public static void Bend<T, TFunction>(ReadOnlySpan<T> x, ReadOnlySpan<T> z, ReadOnlySpan<T> derivative, ReadOnlySpan<T> tangent, Span<T> bend, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        for (int i = 0; i < x.Length; i++) bend[i] = f.SecondDerivative(x[i], z[i]) / derivative[i] * tangent[i];
    }

    private static int Columns(int a, int b, int c, int rows)
    {
        Lengths.Same("ElementwiseFlow", "x", a, "z", b);
        Lengths.Same("ElementwiseFlow", "x", a, "derivative or gradient", c);
        return Lengths.Columns("ElementwiseFlow", "x", a, "logDet", rows);
    }

    private readonly struct ForwardRows<T, TFunction>(T* x, T* z, T* derivative, T* logDet, nint columns, TFunction f) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        public void Run(int from, int to)
        {
            var sums = new Span<T>(logDet + from, to - from);
            nint start = from * columns;
            int length = (int)((to * columns) - start);
            sums.Clear();
            Elementwise.MapWithDerivatives(
                new ReadOnlySpan<T>(x + start, length), new Span<T>(z + start, length), new Span<T>(derivative + start, length), sums, f);
        }
    }

    private readonly struct BackwardRows<T, TFunction>(T* x, T* z, T* derivative, T* dz, T* dLogDet, T* dx, nint columns, bool add, TFunction f) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        public void Run(int from, int to)
        {
            for (int r = from; r < to; r++)
                RowLoop.Each<T, BackwardPass<T, TFunction>>(new(x, z, derivative, dz, dx, dLogDet[r], add, f), r * columns, columns);
        }
    }

    private readonly struct InverseBackwardRows<T, TFunction>(T* x, T* z, T* derivative, T* dx, T* dLogDet, T* dz, nint columns, TFunction f) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        public void Run(int from, int to)
        {
            for (int r = from; r < to; r++)
                RowLoop.Each<T, InverseBackwardPass<T, TFunction>>(new(x, z, derivative, dx, dz, dLogDet[r], f), r * columns, columns);
        }
    }

    private readonly struct BackwardPass<T, TFunction>(T* x, T* z, T* derivative, T* dz, T* dx, T dLogDet, bool add, TFunction f) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane before = add ? TLane.Load(dx + i) : TLane.Constant(0);
            ElementLanes<TLane> lanes = new(TLane.Load(x + i), TLane.Load(z + i), TLane.Load(derivative + i), TLane.Load(dz + i), TLane.Broadcast(dLogDet), before);
            TLane.Store(new FlowBackwardBody<T, TFunction>(f).At(lanes, default), dx + i);
            return TLane.Constant(0);
        }
    }

    private readonly struct InversePass<T, TFunction, TInverse>(T* z, T* x, T* derivative, TFunction f, TInverse inverse) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
        where TInverse : struct, IInverseFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane term = new FlowInverseBody<T, TFunction, TInverse>(f, inverse).At(TLane.Load(z + i), default, out TLane v, out TLane d);
            TLane.Store(v, x + i);
            TLane.Store(d, derivative + i);
            return term;
        }
    }

    private readonly struct InverseBackwardPass<T, TFunction>(T* x, T* z, T* derivative, T* dx, T* dz, T dLogDet, TFunction f) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            ElementLanes<TLane> lanes = new(TLane.Load(z + i), TLane.Load(x + i), TLane.Load(derivative + i), TLane.Load(dx + i), TLane.Broadcast(dLogDet), TLane.Load(dz + i));
            TLane.Store(new FlowInverseBackwardBody<T, TFunction>(f).At(lanes, default), dz + i);
            return TLane.Constant(0);
        }
    }
}
