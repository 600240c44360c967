using System.Globalization;
using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = x + K*x + K*K*x/2! + ... on images: the exponential of a convolution K from channels to channels. log|det| = tr K = H W sum_c K[c, c, mid, mid], [1 x 1]: never singular, and the inverse is the exponential of -K.</summary>
/// <remarks>
/// The number of terms follows from a bound of K's norm (<see cref="ConvolutionNorm{T}"/>), read anew at every use: K is cut into m equal parts of norm 2 at most, and each
/// part's series ends where what is left of it, and of its derivative, is below the tolerance relative to the result. A fixed number of terms is there for published models; its log-determinant is then that of the full series.
/// Parameter kernel [C x C rows columns], Gaussian of deviation 0.1 / sqrt(C rows columns) at the start. Cost: m n convolutions either way, n is 25 in double and 16 in single for norm 2, 7 and 4 for norm 0.01.
/// Source: Hoogeboom, Satorras, Tomczak and Welling 2020, The convolution exponential and generalized Sylvester flows.
/// </remarks>
public sealed class ConvExponential<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    // Terms of the series grow to e^norm before they fall: 2 costs at most two digits.
    private const double PartNorm = 2;
    private const int MostTerms = 4096;

    private readonly ImageShape _image;
    private readonly ConvShape _shape;
    private readonly int? _terms;
    private readonly double? _tolerance;
    private Var _kernel = Var.None;
    private Var _diagonal = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="image">Channels, height and width.</param>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="circular">What lies outside the image: its other side, or zeros.</param>
    /// <param name="terms">A fixed number of terms; null lets the norm of the kernel decide.</param>
    /// <param name="tolerance">Relative truncation error of each part of the map; null is the rounding of T.</param>
    /// <exception cref="ArgumentException">A number is out of range, the kernel is even, or both terms and tolerance are given.</exception>
    public ConvExponential(ImageShape image, int kernel = 3, bool circular = false, int? terms = null, double? tolerance = null)
    {
        image.Check();
        _shape = ConvShape.Same(image.Channels, image.Channels, image.Height, image.Width, kernel, circular);
        if (terms is < 1 or > MostTerms) throw new ArgumentException($"terms is {terms}; it must be 1 to {MostTerms}.");
        if (tolerance is { } t && !(t > 0 && t < 1)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"tolerance is {t}; it must lie between 0 and 1."));
        if (terms is not null && tolerance is not null) throw new ArgumentException("both terms and tolerance are given; a fixed number of terms has no tolerance, leave one out.");
        (_image, _terms, _tolerance) = (image, terms, tolerance);
    }

    ImageShape? IImageLayer.ImageIn => _image;

    /// <inheritdoc/>
    public string Kind => "conv-exponential";

    /// <inheritdoc/>
    public int Dimension => _image.Features;

    /// <summary>Exact where the series goes on to the rounding of T; with fixed terms or a larger tolerance z is truncated, and the log-determinant is that of the full series.</summary>
    public ValueKind EvaluationValue => _terms is not null || Tolerance > Rounding ? ValueKind.Truncated : ValueKind.Exact;

    // Half a unit in the last place of 1.
    private static double Rounding { get; } = double.CreateTruncating(T.BitIncrement(T.One) - T.One) / 2;

    private double Tolerance => _tolerance ?? Rounding;

    /// <summary>From a recipe entry: channels, height, width, kernel (3), circular (false), terms or tolerance (neither: the rounding of T).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static ConvExponential<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("conv-exponential", config);
        ImageShape image = ImageShape.Read(reader);
        int kernel = reader.Integer("kernel", 1, 3);
        bool circular = reader.Flag("circular", false);
        int? terms = reader.OptionalInteger("terms");
        double? tolerance = reader.OptionalNumber("tolerance");
        return reader.Make(() => new ConvExponential<T>(image, kernel, circular, terms, tolerance));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _kernel);
        var start = new double[_shape.WeightLength];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] *= 0.1 / Math.Sqrt(_shape.WeightColumns);
        _kernel = store.AddParameter($"{scope}.kernel", _shape.OutChannels, _shape.WeightColumns, start);
        double[] own = OwnTaps();
        _diagonal = store.AddBuffer($"{scope}.diagonal", 1, own.Length, own);
    }

    /// <inheritdoc/>
    /// <exception cref="NotConvergedException">The kernel is so large that its series needs more than 4096 terms.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Record(tape, x, 1);

    /// <inheritdoc/>
    /// <exception cref="NotConvergedException">The kernel is so large that its series needs more than 4096 terms.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Record(tape, z, -1);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteNumber("kernel", _shape.KernelHeight);
        if (_shape.Circular) json.WriteBoolean("circular", true);
        if (_terms is { } terms) json.WriteNumber("terms", terms);
        if (_tolerance is { } tolerance) json.WriteNumber("tolerance", tolerance);
    }

    /// <summary>
    /// Parts m and terms n of each for a norm of the whole: the least n with r^n / n! / (1 - r / (n + 1)) at most tolerance e^-r, r = norm / m. The left side bounds the remainder
    /// of the derivative, so also of the series itself; e^-r bounds how much the exponential shrinks. At least 2.
    /// </summary>
    /// <exception cref="NotConvergedException">m n is above 4096.</exception>
    internal static (int Parts, int Terms) Plan(double norm, double tolerance)
    {
        // A kernel that is not finite has no series; two terms carry that to the output, where it is named.
        if (!double.IsFinite(norm)) return (1, 2);
        double parts = Math.Max(1, Math.Ceiling(norm / PartNorm)), r = norm / parts, term = r * r / 2;
        int n = 2;
        for (; term > tolerance * Math.Exp(-r) * (1 - (r / (n + 1))); term *= r / n) n++;
        if (parts * n > MostTerms)
            throw new NotConvergedException(string.Create(CultureInfo.InvariantCulture, $"conv-exponential: the kernel's norm is up to {norm:G4}, its series needs {parts * n:G6} terms, at most {MostTerms} are taken; lower the learning rate or decay the kernel."));
        return ((int)parts, n);
    }

    private FlowStep Record(Tape<T> tape, Var x, int sign)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _kernel);
        (int parts, int terms) = _terms is { } fixedTerms ? (1, fixedTerms) : Plan(Norm(tape), Tolerance);
        Var y = tape.RecordsGradients ? Series(tape, x, (double)sign / parts, parts, terms) : InPlace(tape, x, (double)sign / parts, parts, terms);
        Var trace = tape.SumColumns(tape.GatherColumns(_kernel.Reshape(1, _shape.WeightLength), _diagonal), sign * (double)_shape.Pixels);
        return FlowStep.Exact(y, trace) with { Value = EvaluationValue };
    }

    /// <summary>x + s K (x + s K/2 (x + s K/3 (...))), as often as there are parts.</summary>
    private Var Series(Tape<T> tape, Var x, double scale, int parts, int terms)
    {
        for (int part = 0; part < parts; part++)
        {
            Var y = x;
            for (int i = terms; i >= 1; i--) y = Next(tape, x, y, scale / i);
            x = y;
        }
        return x;
    }

    /// <summary>The same values in the memory of three images, where no gradient will be asked for.</summary>
    private Var InPlace(Tape<T> tape, Var x, double scale, int parts, int terms)
    {
        Var y = tape.Allocate(x.Rows, x.Cols, false), from = parts > 1 ? tape.Allocate(x.Rows, x.Cols, false) : Var.None;
        BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(x), tape.ValueOf(y));
        for (int part = 0; part < parts; part++)
        {
            if (part > 0)
            {
                BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(y), tape.ValueOf(from));
                x = from;
            }
            for (int i = terms; i >= 1; i--)
            {
                TapeMark mark = tape.Mark();
                BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(Next(tape, x, y, scale / i)), tape.ValueOf(y));
                tape.Release(mark);
            }
        }
        return y;
    }

    private Var Next(Tape<T> tape, Var x, Var y, double scale) => tape.Add(x, tape.Conv2d(y, tape.Scale(_kernel, scale), _shape));

    private double Norm(Tape<T> tape)
    {
        TapeMark mark = tape.Mark();
        Var norm = tape.Allocate(1, 1, false);
        ConvolutionNorm<T>.Bound(tape.Backend, _shape, tape.ValueOf(_kernel), tape.ValueOf(norm));
        // A bound, rounded to T, may have been rounded down.
        double value = double.CreateTruncating(T.BitIncrement(tape.Scalar(norm)));
        tape.Release(mark);
        return value;
    }

    /// <summary>Places in the kernel that lead from a pixel to itself: the middle, and where the padding is circular and the image small also whole turns away.</summary>
    private double[] OwnTaps()
    {
        var places = new List<double>();
        for (int c = 0; c < _shape.InChannels; c++)
            for (int i = 0; i < _shape.KernelHeight; i++)
                for (int j = 0; j < _shape.KernelWidth; j++)
                {
                    int down = i - _shape.AnchorRow, right = j - _shape.AnchorColumn;
                    bool own = _shape.Circular ? down % _shape.Height == 0 && right % _shape.Width == 0 : down == 0 && right == 0;
                    if (own) places.Add((((c * _shape.InChannels) + c) * _shape.Taps) + (i * _shape.KernelWidth) + j);
                }
        return [.. places];
    }
}
