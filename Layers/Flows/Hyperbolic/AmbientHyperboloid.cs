using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Hyperbolic space in ambient coordinates, time first: points x [B x (n+1)] with &lt;x, x&gt; = -x0^2 + |xs|^2 = -R^2, tangent vectors with
/// &lt;x, v&gt; = 0. The textbook formulas, so that gradients with respect to ambient coordinates are those of others.
/// </summary>
/// <remarks>
/// A view for comparison and exchange. Differences of large squares lose cosh^2(r) last digits at radius r; the maps of
/// <see cref="HyperbolicSpace{T}"/> do not, and cannot leave the manifold.
/// </remarks>
public sealed class AmbientHyperboloid<T>(HyperbolicSpace<T> space) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>&lt;x, y&gt; per row [B x 1].</summary>
    public Var Inner(Tape<T> tape, Var x, Var y) => tape.Subtract(tape.SumColumns(tape.Multiply(x, y)), tape.Scale(tape.Multiply(Time(tape, x), Time(tape, y)), 2));

    /// <summary>The point of the spatial part xs [B x n]: (sqrt(R^2 + |xs|^2), xs).</summary>
    public Var Lift(Tape<T> tape, Var xs) => tape.ConcatColumns(space.RecordTime(tape, xs), xs);

    /// <summary>The spatial part [B x n].</summary>
    public Var Spatial(Tape<T> tape, Var x) => tape.SliceColumns(x, 1, x.Cols - 1);

    /// <summary>exp_x(v) = cosh(r) x + sinh(r)/r v, r = sqrt(&lt;v, v&gt;)/R.</summary>
    public Var Exp(Tape<T> tape, Var x, Var v)
    {
        Var u = tape.Relu(tape.Divide(Inner(tape, v, v), Squared(tape)));
        return tape.Add(tape.Multiply(x, tape.CoshRoot(u)), tape.Multiply(v, tape.SinhRatio(u)));
    }

    /// <summary>log_x(y) = acosh(a)/sqrt(a^2 - 1) (y - a x), a = -&lt;x, y&gt;/R^2.</summary>
    public Var Log(Tape<T> tape, Var x, Var y)
    {
        Var a = Cosh(tape, x, y);
        return tape.Multiply(tape.Subtract(y, tape.Multiply(x, a)), AcoshRatio(tape, a));
    }

    /// <summary>v carried along the geodesic from x to y: v + &lt;y, v&gt;/(R^2 - &lt;x, y&gt;) (x + y).</summary>
    public Var Transport(Tape<T> tape, Var v, Var x, Var y)
    {
        Var factor = tape.Divide(Inner(tape, y, v), tape.Add(tape.Scale(Inner(tape, x, y), -1), Squared(tape)));
        return tape.Add(v, tape.Multiply(tape.Add(x, y), factor));
    }

    /// <summary>Distance R acosh(a) [B x 1], a = -&lt;x, y&gt;/R^2. Points that coincide get a distance of rounding's size and gradient 0.</summary>
    public Var Distance(Tape<T> tape, Var x, Var y)
    {
        // The root's slope at 0 is infinite: what is not above 0 becomes the least number whose gradient is held back.
        Var half = tape.Clamp(tape.Scale(tape.AddConstant(Cosh(tape, x, y), -1), 0.5), typeof(T) == typeof(float) ? 1e-37 : 1e-300, double.MaxValue);
        return tape.Scale(tape.Multiply(tape.Asinh(tape.Sqrt(half)), space.RecordRadius(tape)), 2);
    }

    /// <summary>exp at the origin: tangent coordinates [B x n] to a point [B x (n+1)], (R cosh r, sinh(r)/r v).</summary>
    public Var Exp0(Tape<T> tape, Var v)
    {
        Var u = tape.Divide(tape.SumColumns(tape.Square(v)), Squared(tape));
        return tape.ConcatColumns(tape.Multiply(tape.CoshRoot(u), space.RecordRadius(tape)), tape.Multiply(v, tape.SinhRatio(u)));
    }

    /// <summary>log at the origin: a point [B x (n+1)] to tangent coordinates [B x n], acosh(a)/sqrt(a^2 - 1) xs, a = x0/R.</summary>
    public Var Log0(Tape<T> tape, Var x) => tape.Multiply(Spatial(tape, x), AcoshRatio(tape, tape.Divide(Time(tape, x), space.RecordRadius(tape))));

    /// <summary>v at the origin carried to y: v + &lt;y, v&gt;/(R^2 + R y0) (o + y); v [B x (n+1)] with time 0.</summary>
    public Var TransportFromOrigin(Tape<T> tape, Var v, Var y) => Transport(tape, v, Origin(tape, y), y);

    /// <summary>v at x carried to the origin, where its time is 0.</summary>
    public Var TransportToOrigin(Tape<T> tape, Var v, Var x) => Transport(tape, v, x, Origin(tape, x));

    /// <summary>log|det| of exp with respect to Riemannian volume, (n - 1) log(sinh r / r) [B x 1], for tangent vectors [B x n] given in an orthonormal frame.</summary>
    public Var ExpLogDet(Tape<T> tape, Var v) => tape.Scale(space.LogSinhRatio(tape, v), v.Cols - 1);

    private static Var Time(Tape<T> tape, Var x) => tape.SliceColumns(x, 0, 1);

    private Var Squared(Tape<T> tape) => tape.Square(space.RecordRadius(tape));

    private Var Origin(Tape<T> tape, Var like) => tape.ConcatColumns(tape.RepeatRows(space.RecordRadius(tape), like.Rows), tape.Constant(0, like.Rows, like.Cols - 1));

    private Var Cosh(Tape<T> tape, Var x, Var y) => tape.Scale(tape.Divide(Inner(tape, x, y), Squared(tape)), -1);

    // acosh(a)/sqrt(a^2 - 1) as asinh(s)/s in s^2 = (a - 1)(a + 1). Rounding may put a below 1: then it counts as 1.
    private static Var AcoshRatio(Tape<T> tape, Var a) => tape.AsinhRatio(tape.Multiply(tape.Relu(tape.AddConstant(a, -1)), tape.AddConstant(a, 1)));
}
