using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Independent whole numbers with P(k) = s((k + 1/2 - loc)/scale) - s((k - 1/2 - loc)/scale), scale = e^log_scale: the base of a discrete flow.</summary>
/// <remarks>Parameters loc, log_scale [1 x features]. Values that are no whole numbers have no meaning here. Source: Salimans et al. 2017, PixelCNN++.</remarks>
public sealed class DiscretizedLogistic<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double[] _startLoc;
    private readonly double[] _startLogScale;
    private readonly bool _trainable;
    private Var _loc = Var.None;
    private Var _logScale = Var.None;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length is wrong or a number not finite.</exception>
    public DiscretizedLogistic(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, bool trainable = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
        _startLoc = Numbers("loc", loc);
        _startLogScale = Numbers("log_scale", logScale);
        _trainable = trainable;
    }

    /// <inheritdoc/>
    public string Kind => "discretized-logistic";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsDiscrete => true;

    /// <summary>False: rounding stands between the parameters and a sample.</summary>
    public bool IsReparameterized => false;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists, zeros), trainable (true).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static DiscretizedLogistic<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("discretized-logistic", config);
        int dimension = reader.Integer("dimension", 1);
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false);
        bool trainable = reader.Flag("trainable", true);
        return reader.Make(() => new DiscretizedLogistic<T>(dimension, loc, logScale, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc = _trainable ? store.AddParameter($"{scope}.loc", 1, Dimension, _startLoc, decay: false) : store.AddBuffer($"{scope}.loc", 1, Dimension, _startLoc);
        _logScale = _trainable ? store.AddParameter($"{scope}.log_scale", 1, Dimension, _startLogScale, decay: false) : store.AddBuffer($"{scope}.log_scale", 1, Dimension, _startLogScale);
    }

    /// <summary>Records log P(z) in nats: [batch x 1], for whole numbers z.</summary>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _loc);
        Var width = tape.Exp(tape.Negate(_logScale)), centred = tape.Subtract(z, _loc);
        Var upper = tape.Multiply(tape.AddConstant(centred, 0.5), width), lower = tape.Multiply(tape.AddConstant(centred, -0.5), width);
        // s(a) - s(b) = s(a) s(-b) (1 - e^(b - a)), and a - b is the same everywhere.
        Var tails = tape.Add(tape.LogSigmoid(upper), tape.LogSigmoid(tape.Negate(lower)));
        Var step = tape.Log(tape.Negate(tape.Expm1(tape.Negate(width))));
        return tape.Add(tape.SumColumns(tails), tape.Sum(step));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        BijectorGuard.Attached(Kind, _loc);
        Var u = tape.Allocate(count, Dimension, false);
        tape.Backend.Random(new RandomArgs(RandomKind.Uniform, tape.ValueOf(u), key, stream));
        // From [0, 1) into (0, 1), by less than the spacing of the numbers.
        double spacing = typeof(T) == typeof(float) ? Math.ScaleB(1, -24) : Math.ScaleB(1, -53);
        Var noise = tape.Logit(tape.AddConstant(tape.Scale(u, 1 - (2 * spacing)), spacing));
        Var x = tape.Add(tape.Multiply(noise, tape.Exp(_logScale)), _loc);
        return StraightThroughRoundOp<T>.Record(tape, x);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        Write(json, "loc", _startLoc);
        Write(json, "log_scale", _startLogScale);
        json.WriteBoolean("trainable", _trainable);
    }

    private static void Write(Utf8JsonWriter json, string name, double[] numbers)
    {
        json.WriteStartArray(name);
        foreach (double v in numbers) json.WriteNumberValue(v);
        json.WriteEndArray();
    }

    private double[] Numbers(string name, ReadOnlySpan<double> values)
    {
        if (values.IsEmpty) return new double[Dimension];
        if (values.Length != Dimension) throw new ArgumentException($"{name} has {values.Length} numbers for {Dimension} features; give one each.");
        foreach (double v in values)
            if (!double.IsFinite(v)) throw new ArgumentException($"{name} holds {v}; it must be finite.");
        return values.ToArray();
    }
}
