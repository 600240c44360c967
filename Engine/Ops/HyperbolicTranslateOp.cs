using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// Hyperbolic translation in tangent coordinates at the origin, w = log_o(B_t exp_o(v)) with B_t the boost that takes the origin to t:
/// v [B x n], t by its spatial coordinates [B x n] or [1 x n], radius R above 0 [1 x 1], to w [B x n]. With back, B_-t: the inverse.
/// </summary>
/// <remarks>In light-cone coordinates and in double for any T: finite at any radius of v, and as exact as the stored numbers allow.</remarks>
public sealed class HyperbolicTranslateOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly HyperbolicTranslateOp<T> Instance = new();

    // Slices v, t, R, w; sizes columns, back.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("hyperbolic-translate", static (in CpuArgs<T> a)
        => TranslationRows.Map<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a.Size(0), a.Size(1) != 0));

    // Slices v, t, R, dw, dv, dt, dR (the last three may be none); sizes columns, back.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("hyperbolic-translate-backward", static (in CpuArgs<T> a)
        => TranslationRows.Backward<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a[4], a[5], a[6], a.Size(0), a.Size(1) != 0));

    // Slices v, t, R, tv, tt, tR (these three may be none), tw; sizes columns, back.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("hyperbolic-translate-jvp", static (in CpuArgs<T> a)
        => TranslationRows.Forward<T>(a[0], a[1], double.CreateTruncating(a[2][0]), a[3], a[4], a.Has(5) ? double.CreateTruncating(a[5][0]) : 0, a[6], a.Size(0), a.Size(1) != 0));

    /// <inheritdoc/>
    public override string Name => "hyperbolic-translate";

    /// <inheritdoc/>
    public override string Formula => "w = log_o(B_t exp_o(v));  dv = J_exp(v)^T Q^T J_log(w)^T dw, Q the turn round the triangle (-t, o, v)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records w. A dozen elementary functions a row, forward and backward; nothing is kept but the inputs.</summary>
    /// <exception cref="ArgumentException">t is neither [B x n] nor [1 x n], or R is not 1x1.</exception>
    public static Var Record(Tape<T> tape, Var v, Var t, Var radius, bool back = false)
    {
        if (t.Cols != v.Cols || (t.Rows != v.Rows && t.Rows != 1) || radius.Length != 1)
            throw new ArgumentException($"HyperbolicTranslate: v is {v.Shape}, t is {t.Shape}, the radius is {radius.Shape}; t must be {v.Shape} or 1x{v.Cols}, the radius 1x1.");
        return tape.Record(Instance, [v, t, radius], v.Rows, v.Cols, i0: back ? 1 : 0).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.X(1), c.X(2), c.Y()], [c.In(0).Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(BackwardId, [c.X(0), c.X(1), c.X(2), c.Dy(), c.Dx(0), c.Dx(1), c.Dx(2)], [c.In(0).Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
        => c.Run(JvpId, [c.X(0), c.X(1), c.X(2), c.Tx(0), c.Tx(1), c.Tx(2), c.Ty()], [c.In(0).Cols, c.Node.I0]);
}

/// <summary>Recording <see cref="HyperbolicTranslateOp{T}"/>.</summary>
public static class HyperbolicTranslateOpRecording
{
    /// <inheritdoc cref="HyperbolicTranslateOp{T}.Record"/>
    public static Var HyperbolicTranslate<T>(this Tape<T> tape, Var v, Var t, Var radius, bool back = false) where T : unmanaged, IFloatingPointIeee754<T>
        => HyperbolicTranslateOp<T>.Record(tape, v, t, radius, back);
}
