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
        if (!(radius > 0) || !double.IsFinite(radius)) throw new ArgumentException($"radius is {radius}; expected a finite number above 0 (curvature is -1/radius^2).");
        _start = radius;
        LearnsRadius = learnRadius;
    }

    /// <summary>R at the start.</summary>
    public double InitialRadius => _start;

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
        if (!(radius > 0) || !double.IsFinite(radius)) throw new ArgumentException($"radius is {radius}; expected a finite number above 0 (curvature is -1/radius^2).");
        BasicKernels<T>.Fill(store.Backend, store.ValueOf(_logRadius), Math.Log(radius));
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
}
