using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The y with y + a g(c y + k) = t, element by element, where the left side increases with y. Found to the last digits (<see cref="RidgeRoot"/>); gradients by the implicit function theorem.</summary>
public sealed class RidgeRootOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RidgeRootOp<T> Instance = new();

    // Slices t, a, c, k, y; sizes function.
    private static readonly KernelId SolveId = CpuKernels<T>.Define("ridge-root", static (in CpuArgs<T> a) => RidgeRoot.Solve<T>(a[0], a[1], a[2], a[3], a[4], a.Size(0)));

    // Slices a, c, k, y, dy, dt, da, dc, dk (any of the last four may be none); sizes function.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("ridge-root-backward", static (in CpuArgs<T> s) =>
    {
        ReadOnlySpan<T> a = s[0], c = s[1], k = s[2], y = s[3], dy = s[4];
        Span<T> dt = s[5], da = s[6], dc = s[7], dk = s[8];
        for (int i = 0; i < y.Length; i++)
        {
            T inner = (c[i] * y[i]) + k[i], g = RidgeRoot.Value(inner, s.Size(0)), slope = a[i] * RidgeRoot.Derivative(inner, s.Size(0));
            T w = dy[i] / (T.One + (slope * c[i]));
            if (s.Has(5)) dt[i] += w;
            if (s.Has(6)) da[i] -= w * g;
            if (s.Has(7)) dc[i] -= w * slope * y[i];
            if (s.Has(8)) dk[i] -= w * slope;
        }
    });

    // Slices a, c, k, y, tt, ta, tc, tk (any of these four may be none), ty; sizes function.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("ridge-root-jvp", static (in CpuArgs<T> s) =>
    {
        ReadOnlySpan<T> a = s[0], c = s[1], k = s[2], y = s[3];
        for (int i = 0; i < y.Length; i++)
        {
            T inner = (c[i] * y[i]) + k[i], g = RidgeRoot.Value(inner, s.Size(0)), slope = a[i] * RidgeRoot.Derivative(inner, s.Size(0));
            T sum = s.Has(4) ? s[4][i] : T.Zero;
            if (s.Has(5)) sum -= g * s[5][i];
            if (s.Has(6)) sum -= slope * y[i] * s[6][i];
            if (s.Has(7)) sum -= slope * s[7][i];
            s[8][i] = sum / (T.One + (slope * c[i]));
        }
    });

    /// <inheritdoc/>
    public override string Name => "ridge-root";

    /// <inheritdoc/>
    public override string Formula => "y + a g(c y + k) = t;  dy = (dt - g da - a g' (y dc + dk))/(1 + a c g')";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records y. Where the left side does not increase (a c g' &lt;= -1 somewhere) it is one of several roots. 4 to 10 evaluations of g an element, one backward.</summary>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public static Var Record(Tape<T> tape, RidgeFunction function, Var t, Var a, Var c, Var k)
    {
        if (!SameShape(t, a) || !SameShape(t, c) || !SameShape(t, k)) throw new ArgumentException($"RidgeRoot: t is {t.Shape}, a is {a.Shape}, c is {c.Shape}, k is {k.Shape}; they must be equal.");
        return tape.Record(Instance, [t, a, c, k], t.Rows, t.Cols, i0: (int)function).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(SolveId, [c.X(0), c.X(1), c.X(2), c.X(3), c.Y()], [c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(BackwardId, [c.X(1), c.X(2), c.X(3), c.Y(), c.Dy(), c.Dx(0), c.Dx(1), c.Dx(2), c.Dx(3)], [c.Node.I0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
        => c.Run(JvpId, [c.X(1), c.X(2), c.X(3), c.Y(), c.Tx(0), c.Tx(1), c.Tx(2), c.Tx(3), c.Ty()], [c.Node.I0]);

    private static bool SameShape(Var a, Var b) => a.Rows == b.Rows && a.Cols == b.Cols;
}

/// <summary>Recording <see cref="RidgeRootOp{T}"/>.</summary>
public static class RidgeRootOpRecording
{
    /// <inheritdoc cref="RidgeRootOp{T}.Record"/>
    public static Var RidgeRoot<T>(this Tape<T> tape, RidgeFunction function, Var t, Var a, Var c, Var k)
        where T : unmanaged, IFloatingPointIeee754<T> => RidgeRootOp<T>.Record(tape, function, t, a, c, k);
}
