using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// z = Phi^-1(p), p = c/2 + (1 - c) mean_k Phi(e^(scale_k) x + shift_k): from the line onto (-L, L), L = -Phi^-1(c/2), 4.9 for c = 10^-6.
/// Raw parameters of a feature: K shifts, K scales.
/// </summary>
/// <remarks>Both log p and log(1 - p) are carried, so that no tail cancels. Cost: two scaled error functions for each of K numbers an element; the inverse is found by <see cref="RootInverse"/>. Source: Meng et al. 2020, Gaussianization flows; the factor as in zuko.</remarks>
public sealed class GaussianizationTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _components;
    private readonly double _shrink, _limit;

    /// <summary>Makes the transformer.</summary>
    /// <param name="components">K.</param>
    /// <param name="shrink">c in (0, 1): the probability kept away from both ends.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public GaussianizationTransformer(int components = 8, double shrink = 1e-6)
    {
        BijectorGuard.Dimension("components", components);
        if (!(shrink > 0 && shrink < 1)) throw new ArgumentException($"shrink is {shrink}; it must lie in (0, 1).");
        (_components, _shrink) = (components, shrink);
        _limit = -SpecialFunctions.NormalQuantile(Math.Log(shrink / 2));
    }

    /// <inheritdoc/>
    public string Kind => "gaussianization";

    /// <inheritdoc/>
    public int ParametersPerFeature => 2 * _components;

    /// <summary>From a recipe entry: components (8), shrink (0.000001).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static GaussianizationTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("gaussianization", config);
        int components = reader.Integer("components", 1, 8);
        double shrink = reader.Number("shrink", 1e-6);
        return reader.Make(() => new GaussianizationTransformer<T>(components, shrink));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // Near the identity; shifts apart, so that components do not stay equal.
        raw.Clear();
        for (int k = 0; k < _components; k++) raw[k] = _components == 1 ? 0 : k / (_components - 1.0) - 0.5;
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var z, Var logSlope) = Table(tape, x, raw).Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element of z lies outside (-L, L).</exception>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        var bounds = RootBounds.Line with { Least = -_limit, Most = _limit };
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, Table(tape, z, raw), bounds);
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("components", _components);
        json.WriteNumber("shrink", _shrink);
    }

    private Map Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var perElement = RawParameters.Spread(tape, raw, x.Rows).Reshape(x.Length, ParametersPerFeature);
        return new Map(_components, _shrink, tape.SliceColumns(perElement, 0, _components), tape.SliceColumns(perElement, _components, _components));
    }

    private readonly struct Map(int components, double shrink, Var shifts, Var scales) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            double part = Math.Log((1 - shrink) / components);
            Var y = tape.Add(tape.Multiply(tape.Exp(scales), x.Reshape(x.Length, 1)), shifts);
            Var z = tape.NormalQuantile(Tail(tape, y, part), Tail(tape, tape.Negate(y), part));
            // dp/dx over the normal density at z.
            Var density = tape.RowLogSumExp(tape.Add(tape.Scale(tape.Square(y), -0.5), scales));
            Var logSlope = tape.AddConstant(tape.Add(density, tape.Scale(tape.Square(z), 0.5)), part);
            return (z.Reshape(x.Rows, x.Cols), logSlope.Reshape(x.Rows, x.Cols));
        }

        // log(c/2 + (1 - c) mean Phi(y))
        private Var Tail(Tape<T> tape, Var y, double part)
            => tape.RowLogSumExp(tape.ConcatColumns(tape.AddConstant(tape.LogNormalCdf(y), part), tape.Constant(Math.Log(shrink / 2), y.Rows, 1)));
    }
}
