using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = R f(|x|/R) x/|x| per row, f one of <see cref="RadialFunction"/>, R above 0 [1 x 1]: [B x n] to [B x n]. Smooth at x = 0; computed in double for any T.</summary>
public sealed class RadialMapOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RadialMapOp<T> Instance = new();

    // Slices x, R, y; sizes columns, function.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("radial-map", static (in CpuArgs<T> a)
        => RadialMap.Map<T>(a[0], double.CreateTruncating(a[1][0]), a[2], a.Size(0), a.Size(1)));

    // Slices x, R, dy, dx, dR (the last two may be none); sizes columns, function.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("radial-map-backward", static (in CpuArgs<T> a)
        => RadialMap.Backward<T>(a[0], double.CreateTruncating(a[1][0]), a[2], a[3], a[4], a.Size(0), a.Size(1)));

    // Slices x, R, tx, tR (these two may be none), ty; sizes columns, function.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("radial-map-jvp", static (in CpuArgs<T> a)
        => RadialMap.Forward<T>(a[0], double.CreateTruncating(a[1][0]), a[2], a.Has(3) ? double.CreateTruncating(a[3][0]) : 0, a[4], a.Size(0), a.Size(1)));

    /// <inheritdoc/>
    public override string Name => "radial-map";

    /// <inheritdoc/>
    public override string Formula => "y = R f(r) e, r = |x|/R, e = x/|x|;  dx = f/r dy + (f' - f/r) e (e.dy),  dR = (f - r f') e.dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records y. One function a row; a few multiplications an element.</summary>
    /// <exception cref="ArgumentException">R is not 1x1.</exception>
    public static Var Record(Tape<T> tape, Var x, Var radius, RadialFunction function)
    {
        if (radius.Length != 1) throw new ArgumentException($"RadialMap: the radius is {radius.Shape}; expected 1x1.");
        return tape.Record(Instance, [x, radius], x.Rows, x.Cols, i0: (int)function).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.X(1), c.Y()], [c.In(0).Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardId, [c.X(0), c.X(1), c.Dy(), c.Dx(0), c.Dx(1)], [c.In(0).Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        c.Run(JvpId, [c.X(0), c.X(1), c.Tx(0), c.Tx(1), c.Ty()], [c.In(0).Cols, c.Node.I0]);
    }
}

/// <summary>Recording <see cref="RadialMapOp{T}"/>.</summary>
public static class RadialMapOpRecording
{
    /// <inheritdoc cref="RadialMapOp{T}.Record"/>
    public static Var RadialMap<T>(this Tape<T> tape, Var x, Var radius, RadialFunction function) where T : unmanaged, IFloatingPointIeee754<T>
        => RadialMapOp<T>.Record(tape, x, radius, function);
}
