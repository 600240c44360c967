using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Hyperbolic distance of points given by their spatial coordinates x, y [B x n], radius R above 0 [1 x 1]: [B x 1]. The gradient is 0 where the points coincide.</summary>
/// <remarks>A sum of squares in place of acosh of a difference, and in double for any T: points close together far from the origin keep their digits.</remarks>
public sealed class HyperbolicDistanceOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly HyperbolicDistanceOp<T> Instance = new();

    // Slices x, y, R, d; sizes columns.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("hyperbolic-distance", static (in CpuArgs<T> a)
        => DistanceRows.Map<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a.Size(0)));

    // Slices x, y, R, g, dx, dy, dR (the last three may be none); sizes columns.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("hyperbolic-distance-backward", static (in CpuArgs<T> a)
        => DistanceRows.Backward<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a[4], a[5], a[6], a.Size(0)));

    // Slices x, y, R, tx, ty, tR (these three may be none), td; sizes columns.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("hyperbolic-distance-jvp", static (in CpuArgs<T> a)
        => DistanceRows.Forward<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a[4], a.Has(5) ? double.CreateTruncating(a[5][0]) : 0, a[6], a.Size(0)));

    /// <inheritdoc/>
    public override string Name => "hyperbolic-distance";

    /// <inheritdoc/>
    public override string Formula => "d = 2 R asinh(sqrt(sinh^2((a - b)/2) + sinh a sinh b sin^2(angle/2))), a and b polar radii of x and y over R";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records d.</summary>
    /// <exception cref="ArgumentException">x and y differ in shape, or R is not 1x1.</exception>
    public static Var Record(Tape<T> tape, Var x, Var y, Var radius)
    {
        if (x.Rows != y.Rows || x.Cols != y.Cols || radius.Length != 1)
            throw new ArgumentException($"HyperbolicDistance: x is {x.Shape}, y is {y.Shape}, the radius is {radius.Shape}; x and y must be equal, the radius 1x1.");
        return tape.Record(Instance, [x, y, radius], x.Rows, 1).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.X(1), c.X(2), c.Y()], [c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardId, [c.X(0), c.X(1), c.X(2), c.Dy(), c.Dx(0), c.Dx(1), c.Dx(2)], [c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c) => c.Run(JvpId, [c.X(0), c.X(1), c.X(2), c.Tx(0), c.Tx(1), c.Tx(2), c.Ty()], [c.In(0).Cols]);
}

/// <summary>Recording <see cref="HyperbolicDistanceOp{T}"/>.</summary>
public static class HyperbolicDistanceOpRecording
{
    /// <inheritdoc cref="HyperbolicDistanceOp{T}.Record"/>
    public static Var HyperbolicDistance<T>(this Tape<T> tape, Var x, Var y, Var radius) where T : unmanaged, IFloatingPointIeee754<T>
        => HyperbolicDistanceOp<T>.Record(tape, x, y, radius);
}
