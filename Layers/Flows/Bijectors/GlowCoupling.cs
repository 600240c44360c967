using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Glow's affine coupling of images: the first half of the channels passes, z_B = x_B exp(2 tanh(u / 2)) + t with [t, u] from a convolutional
/// network on the first half whose last layer starts at zero: a new layer is the identity. log|det| = sum 2 tanh(u / 2), [batch x 1].
/// </summary>
/// <remarks>A <see cref="Coupling{T}"/> of a <see cref="ConvNet{T}"/> and an <see cref="AffineTransformer{T}"/>. Cost: one pass of the network. Source: Kingma and Dhariwal 2018, Glow.</remarks>
public sealed class GlowCoupling<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double LogScaleFactor = 3;
    private const int LeastRows = 16;
    private const long BlockElements = 1 << 22;

    private readonly ImageSplit _split;
    private readonly int _hidden;
    private readonly double _clamp;
    private readonly Coupling<T> _coupling;
    private readonly int _blockRows;

    /// <summary>Makes the bijector.</summary>
    /// <param name="split">What passes and what moves.</param>
    /// <param name="hidden">Channels of the network.</param>
    /// <param name="clamp">Largest |log scale|, above 0.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public GlowCoupling(ImageSplit split, int hidden = 512, double clamp = 2)
    {
        var affine = new AffineTransformer<T>(new ScaleSettings(ScaleFunction.ClampSigmoid, Clamp: clamp));
        int outputs = checked(split.Second.Features * affine.ParametersPerFeature);
        _coupling = new Coupling<T>(split, affine, new ConvNet<T>(split.First, outputs, affine.ParametersPerFeature, hidden, Activation.Relu, 3, LogScaleFactor));
        _split = split;
        _hidden = hidden;
        _clamp = clamp;
        // The hidden images are what takes memory; a vector's width of rows is the least that convolutions are fast with.
        _blockRows = (int)Math.Max(LeastRows, BlockElements / ((long)hidden * split.Image.Pixels));
    }

    ImageShape? IImageLayer.ImageIn => _split.Image;

    /// <inheritdoc/>
    public string Kind => "glow-coupling";

    /// <inheritdoc/>
    public int Dimension => _coupling.Dimension;

    /// <inheritdoc/>
    public bool HasExactInverse => _coupling.HasExactInverse;

    /// <summary>From a recipe entry: channels, height, width, split (channel), hidden (512), clamp (2).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static GlowCoupling<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("glow-coupling", config);
        ImageSplit split = ImageSplit.Read(reader);
        int hidden = reader.Integer("hidden", 1, 512);
        double clamp = reader.Number("clamp", 2);
        return reader.Make(() => new GlowCoupling<T>(split, hidden, clamp));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed) => _coupling.Attach(store, scope, seed);

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        return EvaluationBlocks<T>.Apply(tape, x, c, _blockRows) ? EvaluationBlocks<T>.Run(tape, this, x, c, inverse: false, _blockRows) : _coupling.Forward(tape, x, c);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return EvaluationBlocks<T>.Apply(tape, z, c, _blockRows) ? EvaluationBlocks<T>.Run(tape, this, z, c, inverse: true, _blockRows) : _coupling.Inverse(tape, z, c);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _split.Write(json);
        json.WriteNumber("hidden", _hidden);
        json.WriteNumber("clamp", _clamp);
    }
}
