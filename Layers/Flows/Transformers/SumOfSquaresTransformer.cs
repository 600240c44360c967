using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// z = integral from 0 to x of mean_k p_k(t/B)^2 + m, with polynomials p_k(s) = 1 + sum_j a_kj s^j of degree d: increasing, onto the line.
/// Raw parameters of a feature: a_10 .. a_1d, a_20 .. a_Kd.
/// </summary>
/// <remarks>Cost: K (d + 1)(d + 2) multiplications an element, the integral by Gauss-Legendre nodes that make it exact; the inverse is found by <see cref="RootInverse"/>. Source: Jaini, Selby and Yu 2019, Sum-of-squares polynomial flow; parameters as in zuko.</remarks>
public sealed class SumOfSquaresTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _polynomials, _degree;
    private readonly double _bound, _slope;
    private readonly T[] _nodes, _weights;

    /// <summary>Makes the transformer.</summary>
    /// <param name="polynomials">K.</param>
    /// <param name="degree">d.</param>
    /// <param name="bound">B, the scale of x.</param>
    /// <param name="slope">m, the least slope.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public SumOfSquaresTransformer(int polynomials = 3, int degree = 4, double bound = 10, double slope = 1e-3)
    {
        if (polynomials is < 1 or > 256) throw new ArgumentException($"polynomials is {polynomials}; it must lie in 1..256.");
        if (degree is < 0 or > 32) throw new ArgumentException($"degree is {degree}; it must lie in 0..32.");
        if (!(bound > 0) || !double.IsFinite(bound)) throw new ArgumentException($"bound is {bound}; it must be positive and finite.");
        if (!(slope > 0) || !double.IsFinite(slope)) throw new ArgumentException($"slope is {slope}; it must be positive and finite.");
        (_polynomials, _degree, _bound, _slope) = (polynomials, degree, bound, slope);
        (double[] nodes, double[] weights) = GaussLegendre.OnUnit(degree + 1);
        _nodes = Array.ConvertAll(nodes, T.CreateTruncating);
        _weights = Array.ConvertAll(weights, T.CreateTruncating);
    }

    /// <inheritdoc/>
    public string Kind => "sum-of-squares";

    /// <inheritdoc/>
    public int ParametersPerFeature => _polynomials * (_degree + 1);

    /// <summary>From a recipe entry: polynomials (3), degree (4), bound (10), slope (0.001).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static SumOfSquaresTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("sum-of-squares", config);
        int polynomials = reader.Integer("polynomials", 1, 3), degree = reader.Integer("degree", 0, 4);
        double bound = reader.Number("bound", 10), slope = reader.Number("slope", 1e-3);
        return reader.Make(() => new SumOfSquaresTransformer<T>(polynomials, degree, bound, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // p = 1: z = (1 + m) x. The constants differ a little, or the polynomials would stay equal for ever.
        raw.Clear();
        for (int k = 0; k < _polynomials; k++) raw[k * (_degree + 1)] = 0.1 * (k - ((_polynomials - 1) / 2.0)) / _polynomials;
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var z, Var logSlope) = Table(tape, x, raw).Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, Table(tape, z, raw));
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("polynomials", _polynomials);
        json.WriteNumber("degree", _degree);
        json.WriteNumber("bound", _bound);
        json.WriteNumber("slope", _slope);
    }

    private Map Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        return new Map(this, RawParameters.Spread(tape, raw, x.Rows).Reshape(x.Length, ParametersPerFeature));
    }

    private readonly struct Map(SumOfSquaresTransformer<T> owner, Var coefficients) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            Var s = tape.Scale(x.Reshape(x.Length, 1), 1 / owner._bound);
            // The nodes of the integral from 0 to s, and s itself.
            Var places = tape.ConcatColumns(tape.MatMul(s, tape.Input(owner._nodes, 1, owner._nodes.Length)), s);
            Var squares = Var.None;
            for (int k = 0; k < owner._polynomials; k++)
            {
                Var square = tape.Square(Polynomial(tape, places, k));
                squares = squares.IsNone ? square : tape.Add(squares, square);
            }
            Var mean = tape.AddConstant(tape.Scale(squares, 1.0 / owner._polynomials), owner._slope);
            Var average = tape.MatMul(Knots.Left(tape, mean), tape.Input(owner._weights, owner._weights.Length, 1));
            Var z = tape.Multiply(x.Reshape(x.Length, 1), average);
            return (z.Reshape(x.Rows, x.Cols), tape.Log(tape.SliceColumns(mean, owner._nodes.Length, 1)).Reshape(x.Rows, x.Cols));
        }

        // 1 + a_0 + s (a_1 + s (a_2 + ...)), a column of coefficients for all places of an element.
        private Var Polynomial(Tape<T> tape, Var places, int k)
        {
            int start = k * (owner._degree + 1);
            Var sum = tape.Add(tape.Scale(places, 0), tape.SliceColumns(coefficients, start + owner._degree, 1));
            for (int j = owner._degree - 1; j >= 0; j--) sum = tape.Add(tape.Multiply(sum, places), tape.SliceColumns(coefficients, start + j, 1));
            return tape.AddConstant(sum, 1);
        }
    }
}
