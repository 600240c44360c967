using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Piecewise linear on K equal bins of a box, each with a part softmax(u) of its height. Raw parameters of a feature: K.</summary>
/// <remarks>Cost: one softmax of K and a search an element. Source: Mueller et al. 2019, Neural Importance Sampling.</remarks>
public sealed class LinearSplineTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly string[] Tails = ["linear", "none"];
    private readonly int _bins;
    private readonly SplineBox _box;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K.</param>
    /// <param name="tails">Whether it lives on [-B, B] with the identity outside, rather than on [0, 1] alone.</param>
    /// <param name="tailBound">B.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LinearSplineTransformer(int bins = 8, bool tails = true, double tailBound = 3)
    {
        if (bins is < 1 or > 4096) throw new ArgumentException($"bins is {bins}; it must lie in 1..4096.");
        _bins = bins;
        _box = new SplineBox(tails, tailBound);
        _box.Check();
    }

    /// <inheritdoc/>
    public string Kind => "linear-spline";

    /// <inheritdoc/>
    public int ParametersPerFeature => _bins;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), tails (linear or none), tail_bound (3).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static LinearSplineTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear-spline", config);
        int bins = reader.Integer("bins", 1, 8);
        bool tails = reader.Choice("tails", Tails[0], Tails) == Tails[0];
        double bound = reader.Number("tail_bound", 3);
        return reader.Make(() => new LinearSplineTransformer<T>(bins, tails, bound));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => raw.Clear();

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var knotsX, Var knotsY, Var logSlopes) = Table(tape, x, raw);
        Var inside = _box.Enter(tape, Kind, x), bin = tape.Bins(inside, knotsX);
        Var logSlope = tape.PickColumns(logSlopes, bin);
        Var z = tape.Add(tape.Multiply(tape.Subtract(inside, tape.PickColumns(knotsX, bin)), tape.Exp(logSlope)), tape.PickColumns(knotsY, bin));
        (z, logSlope) = _box.Leave(tape, x, z, logSlope);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var knotsX, Var knotsY, Var logSlopes) = Table(tape, z, raw);
        Var inside = _box.Enter(tape, Kind, z), bin = tape.Bins(inside, knotsY);
        Var logSlope = tape.PickColumns(logSlopes, bin);
        Var x = tape.Add(tape.Multiply(tape.Subtract(inside, tape.PickColumns(knotsY, bin)), tape.Exp(tape.Negate(logSlope))), tape.PickColumns(knotsX, bin));
        (x, logSlope) = _box.Leave(tape, z, x, logSlope);
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        _box.WriteConfig(json, Tails[_box.Tails ? 0 : 1]);
    }

    // The logarithm of the softmax is taken before its exponential: it stays finite where that underflows.
    private (Var X, Var Y, Var LogSlopes) Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var mass = raw.Reshape(raw.Length / _bins, _bins);
        Var logSlopes = tape.AddConstant(tape.Subtract(mass, tape.RowLogSumExp(mass)), Math.Log(_bins));
        Var equal = Knots.Between(tape, tape.Constant(1.0 / _bins, 1, _bins), _box.Low, _box.High);
        return (equal, Knots.Soft(tape, mass, 0, _box.Low, _box.High).Knots, logSlopes);
    }
}
