using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Hyperbolic space of curvature -1/R^2 in any number of dimensions: the geometry that layers share, recorded on a tape.</summary>
/// <remarks>
/// A point is its spatial part xs [B x n] on the hyperboloid x0^2 - |xs|^2 = R^2; x0 is never stored. Tangent coordinates v [B x n] are those
/// at the origin, where the metric is the Euclidean one. With learnRadius, log R is a parameter, else a buffer that a schedule may write.
/// </remarks>
public sealed class HyperbolicSpace<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _start;
    private ParameterStore<T>? _store;
    private Var _logRadius = Var.None;

    /// <summary>Makes the space.</summary>
    /// <param name="radius">R at the start, above 0.</param>
    /// <param name="learnRadius">Whether R is learned.</param>
    /// <exception cref="ArgumentException">The radius is not above 0 or not finite.</exception>
    public HyperbolicSpace(double radius = 1, bool learnRadius = false)
    {
        _start = HyperbolicGuard.Radius(radius);
        LearnsRadius = learnRadius;
    }

    /// <summary>R at the start.</summary>
    public double InitialRadius => _start;

    /// <summary>The space of a curvature K = -1/R^2.</summary>
    /// <exception cref="BadInputException">K is not below 0.</exception>
    public static HyperbolicSpace<T> OfCurvature(double curvature, bool learnRadius = false) => new(HyperbolicGuard.RadiusOf(curvature), learnRadius);

    /// <summary>Whether R is a parameter.</summary>
    public bool LearnsRadius { get; }

    /// <summary>Adds {scope}.log_radius [1 x 1]; does nothing when the store has it from an earlier call, so that layers may share one space.</summary>
    public void Attach(ParameterStore<T> store, string scope)
    {
        if (ReferenceEquals(_store, store)) return;
        _store = store;
        _logRadius = LearnsRadius
            ? store.AddParameter($"{scope}.log_radius", 1, 1, [Math.Log(_start)], decay: false)
            : store.AddBuffer($"{scope}.log_radius", 1, 1, [Math.Log(_start)]);
    }

    /// <summary>The radius now.</summary>
    public double Radius(ParameterStore<T> store) => Math.Exp(double.CreateTruncating(store.Read(_logRadius)[0]));

    /// <summary>Sets the radius.</summary>
    /// <exception cref="ArgumentException">Not above 0 or not finite.</exception>
    public void SetRadius(ParameterStore<T> store, double radius)
    {
        BasicKernels<T>.Fill(store.Backend, store.ValueOf(_logRadius), Math.Log(HyperbolicGuard.Radius(radius)));
    }

    /// <summary>R [1 x 1]. A space that was never attached has its start value as a constant.</summary>
    public Var RecordRadius(Tape<T> tape) => _logRadius.IsNone ? tape.Constant(_start) : tape.Exp(_logRadius);

    /// <summary>Tangent coordinates [B x n] to the spatial part of the point [B x n]: exp at the origin.</summary>
    public Var Exp0(Tape<T> tape, Var v) => tape.RadialMap(v, RecordRadius(tape), RadialFunction.Sinh);

    /// <summary>Spatial part of a point [B x n] to its tangent coordinates [B x n]: log at the origin.</summary>
    public Var Log0(Tape<T> tape, Var xs) => tape.RadialMap(xs, RecordRadius(tape), RadialFunction.Asinh);

    /// <summary>T_t(v) = log_o(B_t exp_o(v)), B_t the boost that takes the origin to t: [B x n]. The same as log_o(exp_t(v carried from o to t)).</summary>
    /// <param name="tape">Tape.</param>
    /// <param name="v">Tangent coordinates [B x n].</param>
    /// <param name="ts">Spatial part of t, [B x n] or [1 x n].</param>
    /// <param name="back">T_-t, the inverse.</param>
    public Var Translate(Tape<T> tape, Var v, Var ts, bool back = false) => tape.HyperbolicTranslate(v, ts, RecordRadius(tape), back);

    /// <summary>log(sinh r / r), r = |v|/R [B x 1]: n - 1 times this is the log-volume of exp at the origin.</summary>
    public Var LogSinhRatio(Tape<T> tape, Var v) => tape.LogSinhRatio(tape.SumColumns(tape.Square(tape.Divide(v, RecordRadius(tape)))));

    /// <summary>Distance of points given by their spatial parts [B x n]: [B x 1]. The gradient is 0 where they coincide.</summary>
    public Var Distance(Tape<T> tape, Var xs, Var ys) => tape.HyperbolicDistance(xs, ys, RecordRadius(tape));

    /// <summary>x0 = sqrt(R^2 + |xs|^2) [B x 1].</summary>
    public Var RecordTime(Tape<T> tape, Var xs) => tape.Sqrt(tape.Add(tape.SumColumns(tape.Square(xs)), tape.Square(RecordRadius(tape))));

    /// <summary>A tangent vector at x, given by its spatial part us, carried to the origin: tangent coordinates, of the same length.</summary>
    public Var ToOrigin(Tape<T> tape, Var us, Var xs)
    {
        Var x0 = RecordTime(tape, xs), along = tape.SumColumns(tape.Multiply(xs, us));
        return tape.Subtract(us, tape.Multiply(xs, tape.Divide(tape.Divide(along, x0), tape.Add(x0, RecordRadius(tape)))));
    }

    /// <summary>Tangent coordinates carried from the origin to x: the spatial part of a tangent vector there.</summary>
    public Var FromOrigin(Tape<T> tape, Var v, Var xs)
    {
        Var radius = RecordRadius(tape), along = tape.SumColumns(tape.Multiply(xs, v));
        return tape.Add(v, tape.Multiply(xs, tape.Divide(tape.Divide(along, radius), tape.Add(RecordTime(tape, xs), radius))));
    }

    /// <summary>exp_x(u), spatial parts in and out [B x n]: as far from x as u is long.</summary>
    public Var Exp(Tape<T> tape, Var xs, Var us) => Exp0(tape, Translate(tape, ToOrigin(tape, us, xs), xs));

    /// <summary>log_x(y), spatial parts in and out [B x n]: the tangent vector at x that leads to y.</summary>
    public Var Log(Tape<T> tape, Var xs, Var ys) => FromOrigin(tape, Translate(tape, Log0(tape, ys), xs, back: true), xs);

    /// <summary>The tangent vector u at x carried along the geodesic to y, spatial parts in and out: u + &lt;y, u&gt;/(R^2 - &lt;x, y&gt;) (x + y). The plain formula: it loses about cosh^2 of the radius in last digits.</summary>
    public Var Transport(Tape<T> tape, Var us, Var xs, Var ys)
    {
        Var x0 = RecordTime(tape, xs), y0 = RecordTime(tape, ys);
        Var u0 = tape.Divide(tape.SumColumns(tape.Multiply(xs, us)), x0);
        Var yu = tape.Subtract(tape.SumColumns(tape.Multiply(ys, us)), tape.Multiply(y0, u0));
        Var minusXy = tape.Subtract(tape.Multiply(x0, y0), tape.SumColumns(tape.Multiply(xs, ys)));
        return tape.Add(us, tape.Multiply(tape.Add(xs, ys), tape.Divide(yu, tape.Add(minusXy, tape.Square(RecordRadius(tape))))));
    }

    /// <summary>The point a fraction of the way from x to y along their geodesic, spatial parts [B x n]; below 0 and above 1 it goes on beyond them.</summary>
    public Var Geodesic(Tape<T> tape, Var xs, Var ys, double fraction)
        => Exp0(tape, Translate(tape, tape.Scale(Translate(tape, Log0(tape, ys), xs, back: true), fraction), xs));
}
