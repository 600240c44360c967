using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The Riemannian normal on hyperbolic space, density proportional to exp(-d(loc, z)^2/(2 sigma^2)) with respect to the volume, in tangent coordinates w at the origin.</summary>
/// <remarks>
/// log p(w) = -|v|^2/(2 sigma^2) - log Z + (n-1) L(|w|/R), v = T_-loc(w), log Z = log(2 pi^(n/2)/Gamma(n/2)) + n log sigma + G(sigma/R) (<see cref="RiemannianRadius"/>).
/// With the Riemannian measure the L(|w|/R) is left out. Parameters loc [1 x n], log_scale [1 x 1], and log_radius [1 x 1] (a buffer unless learned). Samples are exact: the quantile
/// of the radius by Newton's method within a panel, a direction from n normal numbers; they carry no gradient.
/// Source: Said et al. 2014; Mathieu et al. 2019, Continuous hierarchical representations with Poincare variational auto-encoders.
/// </remarks>
public sealed class RiemannianNormal<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WrappedSettings<T> _settings;
    private readonly DistributionParameter<T> _loc, _logScale;
    private readonly double _logSphere;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">n.</param>
    /// <param name="loc">Start of loc, zeros (the origin) when empty.</param>
    /// <param name="logScale">Start of log sigma.</param>
    /// <param name="radius">R, above 0; the curvature is -1/R^2.</param>
    /// <param name="learnRadius">Whether R is learned.</param>
    /// <param name="coordinates">What loc is: tangent or spatial coordinates.</param>
    /// <param name="measure">What the density is with respect to.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or a location is to have Poincare coordinates.</exception>
    public RiemannianNormal(int dimension, ReadOnlySpan<double> loc = default, double logScale = 0, double radius = 1, bool learnRadius = false, HyperbolicCoordinates coordinates = HyperbolicCoordinates.Tangent, HyperbolicMeasure measure = HyperbolicMeasure.Tangent, bool trainable = true)
        : this(new WrappedSettings<T>(dimension, radius, learnRadius, coordinates, measure, trainable), loc, logScale == 0 ? default : [logScale])
    {
    }

    private RiemannianNormal(WrappedSettings<T> settings, ReadOnlySpan<double> loc, ReadOnlySpan<double> logScale)
    {
        _settings = settings;
        _loc = new DistributionParameter<T>(Kind, "loc", 1, Dimension, loc, null, settings.IsTrainable);
        _logScale = new DistributionParameter<T>(Kind, "log_scale", 1, 1, logScale, null, settings.IsTrainable);
        _logSphere = Math.Log(2) + 0.5 * Dimension * Math.Log(Math.PI) - SpecialFunctions.LogGamma(0.5 * Dimension);
    }

    /// <inheritdoc/>
    public string Kind => "riemannian-normal";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => false;

    /// <summary>The space it lives on.</summary>
    public HyperbolicSpace<T> Space => _settings.Space;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists; the latter of one number), radius, learn_radius, coordinates, measure, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static RiemannianNormal<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("riemannian-normal", config);
        WrappedSettings<T> settings = WrappedSettings<T>.Read(reader);
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false);
        return reader.Make(() => new RiemannianNormal<T>(settings, loc, logScale));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _logScale.Attach(store, scope);
        _settings.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        Var logScale = _logScale.On(tape), v = Space.Translate(tape, z, _settings.Place(tape, _loc.On(tape)), back: true);
        Var square = tape.SumColumns(tape.Square(tape.Multiply(v, tape.Exp(tape.Negate(logScale)))));
        Var normalizer = tape.RiemannianNormalizer(tape.Subtract(logScale, tape.Log(Space.RecordRadius(tape))), Dimension);
        Var logZ = tape.AddConstant(tape.Add(normalizer, tape.Scale(logScale, Dimension)), _logSphere);
        return _settings.Measured(tape, tape.Subtract(tape.Scale(square, -0.5), logZ), z);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Span<T> one = stackalloc T[1];
        tape.Read(_logScale.On(tape), one);
        double scale = Math.Exp(double.CreateTruncating(one[0]));
        tape.Read(Space.RecordRadius(tape), one);
        var law = new RiemannianRadius(Dimension, scale / double.CreateTruncating(one[0]));
        double[] share = new double[count], direction = new double[count * Dimension];
        DistributionNoise.Fill(SeedMix.Of(key, 1), stream, share);
        RandomFill.Gaussian<double>(key, stream, 0, direction);
        var v = new T[direction.Length];
        for (int r = 0; r < count; r++)
        {
            Span<double> row = direction.AsSpan(r * Dimension, Dimension);
            double square = 0;
            foreach (double e in row) square += e * e;
            double length = scale * law.Quantile(share[r]) / Math.Sqrt(square);
            for (int j = 0; j < row.Length; j++) v[r * Dimension + j] = T.CreateTruncating(length * row[j]);
        }

        return Space.Translate(tape, tape.Input(v, count, Dimension), _settings.Place(tape, _loc.On(tape).Detach())).Detach();
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _settings.WriteConfig(json);
        _loc.WriteConfig(json);
        _logScale.WriteConfig(json);
    }
}
