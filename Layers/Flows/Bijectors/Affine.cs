using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A fixed scale and shift a feature: z = scale x + shift. log|det| = sum log|scale|, [1 x 1]. <see cref="Standardize"/> makes it from means and deviations.</summary>
/// <remarks>Buffers scale, shift [1 x features]; nothing is learned (ActNorm learns). Cost: one multiply-add an element.</remarks>
public sealed class Affine<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double[] _startScale;
    private readonly double[] _startShift;
    private Var _scale = Var.None;
    private Var _shift = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="scale">One number a feature, finite and not 0.</param>
    /// <param name="shift">One finite number a feature.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a number is out of range.</exception>
    public Affine(ReadOnlySpan<double> scale, ReadOnlySpan<double> shift)
    {
        BijectorGuard.Dimension("number of scales", scale.Length);
        if (scale.Length != shift.Length) throw new ArgumentException($"scale has {scale.Length} numbers, shift has {shift.Length}; they must be equally long.");
        for (int i = 0; i < scale.Length; i++)
        {
            if (!double.IsFinite(scale[i]) || scale[i] == 0) throw new ArgumentException($"scale[{i}] is {scale[i]}; it must be finite and not 0.");
            if (!double.IsFinite(shift[i])) throw new ArgumentException($"shift[{i}] is {shift[i]}; it must be finite.");
        }
        _startScale = scale.ToArray();
        _startShift = shift.ToArray();
    }

    /// <inheritdoc/>
    public string Kind => "affine";

    /// <inheritdoc/>
    public int Dimension => _startScale.Length;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>z = (x - mean)/deviation.</summary>
    /// <exception cref="ArgumentException">Lengths differ, or a number is out of range; a feature that never varies needs a deviation of your choice.</exception>
    public static Affine<T> Standardize(ReadOnlySpan<double> mean, ReadOnlySpan<double> deviation)
    {
        if (mean.Length != deviation.Length) throw new ArgumentException($"mean has {mean.Length} numbers, deviation has {deviation.Length}; they must be equally long.");
        double[] scale = new double[mean.Length], shift = new double[mean.Length];
        for (int i = 0; i < mean.Length; i++)
        {
            if (!(deviation[i] > 0) || !double.IsFinite(deviation[i])) throw new ArgumentException($"deviation[{i}] is {deviation[i]}; it must be positive and finite.");
            scale[i] = 1 / deviation[i];
            shift[i] = -mean[i] / deviation[i];
        }
        return new Affine<T>(scale, shift);
    }

    /// <summary>From a recipe entry: scale, shift (lists, one number a feature).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Affine<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("affine", config);
        double[] scale = reader.Numbers("scale", required: true)!, shift = reader.Numbers("shift", required: true)!;
        return reader.Make(() => new Affine<T>(scale, shift));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _scale);
        _scale = store.AddBuffer($"{scope}.scale", 1, Dimension, _startScale);
        _shift = store.AddBuffer($"{scope}.shift", 1, Dimension, _startShift);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Record(tape, x, AffineForm.PlainScale);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Record(tape, z, AffineForm.PlainScale | AffineForm.CenterFirst);

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        double most = 0, least = double.PositiveInfinity, output = 0;
        for (int i = 0; i < Dimension; i++)
        {
            double scale = Math.Abs(_startScale[i]);
            (most, least) = (Math.Max(most, scale), Math.Min(least, scale));
            output = Math.Max(output, (scale * inputBound) + Math.Abs(_startShift[i]));
        }
        return new LipschitzBounds(most, 1 / least, output);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartArray("scale");
        foreach (double v in _startScale) json.WriteNumberValue(v);
        json.WriteEndArray();
        json.WriteStartArray("shift");
        foreach (double v in _startShift) json.WriteNumberValue(v);
        json.WriteEndArray();
    }

    private FlowStep Record(Tape<T> tape, Var x, AffineForm form)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _scale);
        (Var z, Var logDet) = ActNormOp<T>.Record(tape, x, _scale, _shift, form);
        return FlowStep.Exact(z, logDet);
    }
}
