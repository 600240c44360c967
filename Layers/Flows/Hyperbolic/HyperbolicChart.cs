using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Coordinates of points of hyperbolic space to tangent coordinates at the origin: the first layer of a flow on points of the Poincare disk p, |p| below R, or on spatial coordinates of the hyperboloid.</summary>
/// <remarks>
/// Poincare: w = log_o(2 p/(1 - |p|^2/R^2)); spatial: w = log_o(x). log|det| [batch x 1] makes densities in w those of p (or x) with respect to Lebesgue measure there; the fixed radius is that
/// of the data. No parameters. Cost: two exponentials and two logarithms a row.
/// </remarks>
public sealed class HyperbolicChart<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Below the square root of the least number: what it adds to a length is lost in rounding, and 0/0 is not met.
    private static double Tiny => typeof(T) == typeof(float) ? 1e-18 : 1e-150;

    private readonly HyperbolicSpace<T> _space;
    private readonly double _radius;
    private readonly bool _isDisk;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">n.</param>
    /// <param name="chart">Coordinates of the data: of the Poincare disk, or spatial ones.</param>
    /// <param name="radius">R, above 0; the curvature is -1/R^2.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the chart is neither.</exception>
    public HyperbolicChart(int dimension, HyperbolicCoordinates chart = HyperbolicCoordinates.Poincare, double radius = 1)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (chart is not (HyperbolicCoordinates.Poincare or HyperbolicCoordinates.Spatial)) throw new ArgumentException($"chart is {chart}; it must be Poincare or Spatial.");
        _space = new HyperbolicSpace<T>(radius);
        (Dimension, _radius, _isDisk) = (dimension, radius, chart == HyperbolicCoordinates.Poincare);
    }

    /// <inheritdoc/>
    public string Kind => "hyperbolic-chart";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>Radius of the Poincare disk that the data must lie inside; infinite for spatial coordinates, where any point lies on the hyperboloid.</summary>
    public double Rim => _isDisk ? _radius : double.PositiveInfinity;

    /// <inheritdoc/>
    public bool HasExactInverse => !_isDisk;

    /// <summary>From a recipe entry: dimension, chart (poincare), radius (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static HyperbolicChart<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("hyperbolic-chart", config);
        int dimension = reader.Integer("dimension", 1);
        HyperbolicCoordinates chart = reader.Choice("chart", "poincare", "poincare", "spatial") == "spatial" ? HyperbolicCoordinates.Spatial : HyperbolicCoordinates.Poincare;
        double radius = reader.Number("radius", 1);
        return reader.Make(() => new HyperbolicChart<T>(dimension, chart, radius));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">A point lies on the rim of the disk or outside, or is NaN.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        if (!_isDisk)
        {
            Var tangent = _space.Log0(tape, x);
            return FlowStep.Exact(tangent, tape.Negate(OfPoint(tape, tangent)));
        }

        Var size = tape.RowNorm(x);
        tape.RequireNormBelow(size, _radius, "hyperbolic-chart, Poincare disk");
        // 1 - |p|^2/R^2 as a product, which keeps the distance to the rim.
        Var share = tape.Scale(size, 1 / _radius), less = tape.Scale(share, -1);
        Var w = _space.Log0(tape, tape.Scale(tape.Divide(x, tape.Multiply(tape.AddConstant(less, 1), tape.AddConstant(share, 1))), 2));
        Var logRim = tape.Add(tape.Log1p(less), tape.Log1p(share));
        return FlowStep.Exact(w, WithVolume(tape, tape.AddConstant(tape.Scale(logRim, -Dimension), Dimension * Math.Log(2)), w, -1));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        if (!_isDisk) return FlowStep.Exact(_space.Exp0(tape, z), OfPoint(tape, z));
        Var r = tape.Scale(tape.RowNorm(z), 1 / _radius), half = tape.AddConstant(tape.Scale(r, 0.5), Tiny);
        Var p = tape.Scale(tape.Multiply(z, tape.Divide(tape.Tanh(half), half)), 0.5);
        // log(1 - |p|^2/R^2) = -2 log cosh(r/2) = 2 log 2 - r - 2 softplus(-r).
        Var logRim = tape.Negate(tape.Add(r, tape.Scale(tape.Softplus(tape.Negate(r)), 2)));
        return FlowStep.Exact(p, WithVolume(tape, tape.AddConstant(tape.Scale(logRim, Dimension), Dimension * Math.Log(2)), z, 1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteString("chart", _isDisk ? "poincare" : "spatial");
        json.WriteNumber("radius", _radius);
    }

    // log|det dx/dw| = log cosh r + (n-1) L(r), r = |w|/R.
    private Var OfPoint(Tape<T> tape, Var w)
    {
        Var r = tape.Scale(tape.RowNorm(w), 1 / _radius);
        return WithVolume(tape, tape.AddConstant(tape.Add(r, tape.Softplus(tape.Scale(r, -2))), -Math.Log(2)), w, 1);
    }

    private Var WithVolume(Tape<T> tape, Var logDet, Var w, int sign)
        => Dimension == 1 ? logDet : tape.Add(logDet, tape.Scale(_space.LogSinhRatio(tape, w), sign * (Dimension - 1)));
}
