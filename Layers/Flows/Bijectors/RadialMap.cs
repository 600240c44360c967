using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The radial map z = x + b^/(|alpha| + r) (x - center), r = |x - center|, on given parameters, one set for the batch ([1 x ...]) or one a row ([B x ...]), with its exact inverse.</summary>
/// <remarks>
/// b^ = softplus(beta) - |alpha| &gt; -|alpha|. With h = b^/(|alpha| + r): log|det| = (D - 1) log(1 + h) + log(1 + h |alpha|/(|alpha| + r)).
/// Inverse: r solves r + b^ r/(|alpha| + r) = |z - center|, a quadratic. At the center the log-determinant has a cone; its gradient there is
/// taken as 0. Source: Rezende and Mohamed 2015, section 4.1 and appendix A.
/// </remarks>
public static class RadialMap
{
    /// <summary>Records z and log|det| [B x 1]. 6 B D flops.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Input [B x D].</param>
    /// <param name="center">[1 x D] or [B x D].</param>
    /// <param name="alpha">[1 x 1] or [B x 1], not zero.</param>
    /// <param name="beta">[1 x 1] or [B x 1], as many rows as <paramref name="alpha"/>.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Forward<T>(Tape<T> tape, Var x, Var center, Var alpha, Var beta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Var size, Var strength) = Constrained(tape, alpha, beta);
        Var d = tape.Subtract(x, center), h = Pull(tape, tape.RowNorm(d), size, strength, out Var share);
        return FlowStep.Exact(tape.Add(x, tape.Multiply(d, h)), LogDet(tape, h, share, x.Cols));
    }

    /// <summary>Records x and log|det dx/dz| [B x 1]. Parameters as in <see cref="Forward"/>.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Inverse<T>(Tape<T> tape, Var z, Var center, Var alpha, Var beta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Var size, Var strength) = Constrained(tape, alpha, beta);
        Var d = tape.Subtract(z, center), length = tape.RowNorm(d);
        Var h = Pull(tape, Radius(tape, length, size, strength), size, strength, out Var share);
        return FlowStep.Exact(tape.Add(center.Rows == 1 ? tape.RepeatRows(center, z.Rows) : center, tape.Divide(d, tape.AddConstant(h, 1))), tape.Negate(LogDet(tape, h, share, z.Cols)));
    }

    /// <summary>|alpha| and b^.</summary>
    private static (Var Size, Var Strength) Constrained<T>(Tape<T> tape, Var alpha, Var beta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var size = tape.Abs(alpha);
        return (size, tape.Subtract(tape.Softplus(beta), size));
    }

    /// <summary>h = b^/(|alpha| + r), and |alpha|/(|alpha| + r).</summary>
    private static Var Pull<T>(Tape<T> tape, Var r, Var size, Var strength, out Var share) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var one = tape.Reciprocal(tape.Add(r, size));
        share = tape.Multiply(one, size);
        return tape.Multiply(one, strength);
    }

    private static Var LogDet<T>(Tape<T> tape, Var h, Var share, int dimension) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Add(tape.Log1p(tape.Multiply(h, share)), tape.Scale(tape.Log1p(h), dimension - 1));

    /// <summary>r with r + b^ r/(|alpha| + r) = R: the positive root of r^2 + p r - R |alpha| = 0, p = |alpha| + b^ - R.</summary>
    private static Var Radius<T>(Tape<T> tape, Var length, Var size, Var strength) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // With m = (|p| + sqrt(p^2 + 4 R |alpha|))/2 it is R |alpha|/m, and |p| more where p < 0: nothing cancels.
        Var minusP = tape.Subtract(length, tape.Add(size, strength)), product = tape.Multiply(length, size);
        Var m = tape.Scale(tape.Add(tape.Abs(minusP), tape.Sqrt(tape.Add(tape.Square(minusP), tape.Scale(product, 4)))), 0.5);
        Var r = tape.Add(tape.Relu(minusP), tape.Divide(product, m)).Detach();
        // One Newton step, differentiable: the gradient of the root, without the kinks of the formula above at p = 0.
        Var h = Pull(tape, r, size, strength, out Var share);
        Var slope = tape.AddConstant(tape.Multiply(h, share), 1).Detach();
        Var excess = tape.Subtract(tape.Add(r, tape.Multiply(h, r)), length);
        return tape.Subtract(r, tape.Divide(excess, slope));
    }
}
