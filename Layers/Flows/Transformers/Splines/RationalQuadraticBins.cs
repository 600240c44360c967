using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The rational-quadratic function between knots, composed of ops: for boxes, ends and slopes that the fused op does not know.</summary>
/// <param name="KnotsX">[splines x bins + 1].</param>
/// <param name="KnotsY">[splines x bins + 1].</param>
/// <param name="Widths">[splines x bins].</param>
/// <param name="Heights">[splines x bins].</param>
/// <param name="Slopes">At the knots, [splines x bins + 1].</param>
/// <remarks>With h, w the bin's sizes, s = h/w, q = t(1 - t), n = s + (d0 + d1 - 2s) q: z = y0 + h (s t^2 + d0 q)/n, dz/dx = s^2 (d1 t^2 + 2 s q + d0 (1 - t)^2)/n^2. Source: Durkan et al. 2019, Neural Spline Flows.</remarks>
internal readonly record struct RationalQuadraticBins(Var KnotsX, Var KnotsY, Var Widths, Var Heights, Var Slopes)
{
    /// <summary>z and log dz/dx of x within the knots.</summary>
    public (Var Z, Var LogSlope) Forward<T>(Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var index = tape.Bins(x, KnotsX);
        var bin = new Bin<T>(tape, this, index);
        Var t = Knots.Place(tape, x, KnotsX, Widths, index), q = Bin<T>.Q(tape, t);
        Var top = tape.Multiply(bin.H, tape.Add(tape.Multiply(bin.S, tape.Square(t)), tape.Multiply(bin.D0, q)));
        return (tape.Add(tape.Divide(top, bin.Bottom(tape, q)), bin.Y0), bin.LogSlope(tape, t, q));
    }

    /// <summary>x and log dz/dx there, of z within the knots.</summary>
    public (Var X, Var LogSlope) Inverse<T>(Tape<T> tape, Var z) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var bin = new Bin<T>(tape, this, tape.Bins(z, KnotsY));
        Var v = tape.Subtract(z, bin.Y0), ve = tape.Multiply(v, bin.Bend);
        Var a = tape.Add(tape.Multiply(bin.H, tape.Subtract(bin.S, bin.D0)), ve), b = tape.Subtract(tape.Multiply(bin.H, bin.D0), ve), sv = tape.Multiply(bin.S, v);
        // The root of a t^2 + b t = s v in the form that does not cancel.
        Var root = tape.Sqrt(tape.Add(tape.Square(b), tape.Scale(tape.Multiply(a, sv), 4)));
        Var t = tape.Divide(tape.Scale(sv, 2), tape.Add(b, root));
        return (tape.Add(tape.Multiply(bin.W, t), bin.X0), bin.LogSlope(tape, t, Bin<T>.Q(tape, t)));
    }

    private readonly struct Bin<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly Var X0, Y0, W, H, S, D0, D1, Bend;

        public Bin(Tape<T> tape, in RationalQuadraticBins knots, Var bin)
        {
            (X0, Y0) = (tape.PickColumns(knots.KnotsX, bin), tape.PickColumns(knots.KnotsY, bin));
            (W, H) = (tape.PickColumns(knots.Widths, bin), tape.PickColumns(knots.Heights, bin));
            S = tape.Divide(H, W);
            (D0, D1) = (tape.PickColumns(knots.Slopes, bin), tape.PickColumns(knots.Slopes, bin, 1));
            Bend = tape.Subtract(tape.Add(D0, D1), tape.Scale(S, 2));
        }

        public static Var Q(Tape<T> tape, Var t) => tape.Multiply(t, tape.AddConstant(tape.Negate(t), 1));

        public Var Bottom(Tape<T> tape, Var q) => tape.Add(tape.Multiply(Bend, q), S);

        public Var LogSlope(Tape<T> tape, Var t, Var q)
        {
            Var rest = tape.Square(tape.AddConstant(tape.Negate(t), 1));
            Var a = tape.Add(tape.Multiply(D1, tape.Square(t)), tape.Add(tape.Scale(tape.Multiply(S, q), 2), tape.Multiply(D0, rest)));
            return tape.Add(tape.Log(a), tape.Scale(tape.Subtract(tape.Log(S), tape.Log(Bottom(tape, q))), 2));
        }
    }
}
