using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// z = w * x + b: a convolution that looks only up and left ("square autoregressive"). The kernel is anchored in its last row and column, and its last
/// tap is lower triangular over the channels, so that the map is triangular in raster order. log|det| = pixels sum over c of log|w[c, c, last]|, [1 x 1].
/// </summary>
/// <remarks>Parameters weight [C x C k k], the identity and small noise at the start, bias [1 x C]; the weights that the mask takes out start at 0 and have gradient 0. The diagonal is free: it must stay clear of zero. Cost: 2 B C^2 k^2 pixels flops either way; the inverse substitutes pixel by pixel. Source: Hoogeboom, van den Berg and Welling 2019, Emerging convolutions, section 3.1.</remarks>
public sealed class AutoregressiveConv<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ImageShape _image;
    private readonly int _kernel;
    private readonly bool _hasBias;
    private readonly MaskedConvolution<T> _map;

    /// <summary>Makes the bijector.</summary>
    /// <param name="image">Channels and sides.</param>
    /// <param name="kernel">Side k of the kernel.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public AutoregressiveConv(ImageShape image, int kernel = 2, bool bias = true)
    {
        _map = new MaskedConvolution<T>(image, kernel, bias);
        _image = image;
        _kernel = kernel;
        _hasBias = bias;
    }

    ImageShape? IImageLayer.ImageIn => _image;

    /// <inheritdoc/>
    public string Kind => "autoregressive-conv";

    /// <inheritdoc/>
    public int Dimension => _image.Features;

    /// <summary>From a recipe entry: channels, height, width, kernel (2), no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static AutoregressiveConv<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("autoregressive-conv", config);
        ImageShape image = ImageShape.Read(reader);
        int kernel = reader.Integer("kernel", 1, 2);
        bool bias = !reader.Flag("no_bias", false);
        return reader.Make(() => new AutoregressiveConv<T>(image, kernel, bias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _map.Weight);
        _map.Attach(store, scope, seed);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _map.Weight);
        return FlowStep.Exact(_map.Apply(tape, x), _map.LogDet(tape, 1));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A number on the diagonal is zero.</exception>
    /// <exception cref="OutsideDomainException">The solution overflows: the taps are large beside the diagonal.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _map.Weight);
        return FlowStep.Exact(_map.Solve(tape, z), _map.LogDet(tape, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteNumber("kernel", _kernel);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }
}
