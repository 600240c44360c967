using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A convolutional network on images: k x k, activation, 1 x 1, activation, k x k, zero padding. Its last channels c P + p are parameter p of
/// channel c of what moves, at every pixel; they leave in the order of all conditioners, feature by feature.
/// </summary>
/// <remarks>
/// Parameters net.{i}.weight [out x in k k], net.{i}.bias [1 x out]; with a factor for the logarithms of scales also net.2.logs [1 x out]: the
/// last layer's channel o is multiplied by exp(factor logs[o]) and starts at zero. Buffer order_of_planes. Cost: that of three convolutions
/// and a move of the output. Source: Kingma and Dhariwal 2018, Glow.
/// </remarks>
public sealed class ConvNet<T> : IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ImageShape _image;
    private readonly int _parameters;
    private readonly int _kernel;
    private readonly int _hidden;
    private readonly Activation _activation;
    private readonly double? _factor;
    private readonly ConvShape[] _shapes;
    private readonly DenseLayer[] _layers = [DenseLayer.None, DenseLayer.None, DenseLayer.None];
    private Var _logs = Var.None;
    private Var _order = Var.None;

    /// <summary>Makes the network.</summary>
    /// <param name="image">What goes in, a context's channels included.</param>
    /// <param name="outputs">Columns out: a multiple of the image's pixels times <paramref name="parameters"/>.</param>
    /// <param name="parameters">P, the parameters of one feature of what moves.</param>
    /// <param name="hidden">Channels between the convolutions.</param>
    /// <param name="activation">Between them too.</param>
    /// <param name="kernel">Side of the first and last kernel; odd.</param>
    /// <param name="logScaleFactor">Glow's factor of the logarithms of scales, 3 there; without one the last layer has none and starts small instead of at zero.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the outputs are no whole channels.</exception>
    public ConvNet(ImageShape image, int outputs, int parameters, int hidden = 64, Activation activation = Activation.Relu, int kernel = 3, double? logScaleFactor = null)
    {
        ImageColumns.Check(image);
        BijectorGuard.Dimension("conv-net: parameters", parameters);
        if (outputs < 1 || outputs % ((long)image.Pixels * parameters) != 0)
            throw new ArgumentException($"the network must give {outputs} columns, {parameters} for a feature; on an image {image} that is no whole number of channels: what passes and what moves must have the same height and width.");
        if (logScaleFactor is { } f && !(f > 0 && double.IsFinite(f))) throw new ArgumentException($"log_scale_factor is {f}; it must be above 0 and finite.");
        _image = image;
        _parameters = parameters;
        _hidden = hidden;
        _kernel = kernel;
        _activation = activation;
        _factor = logScaleFactor;
        OutputWidth = outputs;
        _shapes =
        [
            ConvShape.Same(image.Channels, hidden, image.Height, image.Width, kernel),
            ConvShape.Same(hidden, hidden, image.Height, image.Width, 1),
            ConvShape.Same(hidden, outputs / image.Pixels, image.Height, image.Width, kernel),
        ];
    }

    /// <inheritdoc/>
    public string Kind => "conv-net";

    /// <inheritdoc/>
    public int InputWidth => _image.Features;

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>From a recipe entry: channels, height, width (of what goes in, a context's channels included), hidden (64), activation (relu), kernel (3), log_scale_factor (none).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range, or the image is not what goes in.</exception>
    public static ConvNet<T> FromConfig(JsonElement config, int inputs, int outputs, int parameters)
    {
        var reader = new ConfigReader("conv-net", config);
        ImageShape image = ImageShape.Read(reader);
        int hidden = reader.Integer("hidden", 1, 64), kernel = reader.Integer("kernel", 1, 3);
        Activation activation = Activations.Read(reader, Activation.Relu);
        double? factor = reader.OptionalNumber("log_scale_factor");
        return reader.Make(() =>
        {
            image.Check();
            if (image.Features != inputs)
                throw new ArgumentException($"its image is {image}, {image.Features} numbers, but {inputs} go in; give channels, height and width of what passes, the context's channels included.");
            return new ConvNet<T>(image, outputs, parameters, hidden, activation, kernel, factor);
        });
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(Kind, _order);
        int channels = _shapes[2].OutChannels, pixels = _image.Pixels;
        // All pixels of a channel share its bias.
        var start = new double[channels];
        if (!outputStart.IsEmpty)
            for (int o = 0; o < channels; o++) start[o] = outputStart[(o / _parameters * pixels * _parameters) + (o % _parameters)];
        for (int i = 0; i < _shapes.Length; i++)
        {
            bool last = i == _shapes.Length - 1;
            double gain = !last ? 1 : _factor is null ? DenseLayer.LastLayerStart : 0;
            _layers[i] = DenseLayer.Attach(store, $"{scope}.net.{i}", _shapes[i].WeightColumns, _shapes[i].OutChannels, SeedMix.Of(seed, (ulong)i), gain, last ? start : default);
        }
        if (_factor is not null) _logs = store.AddParameter($"{scope}.net.2.logs", 1, channels, default, decay: false);
        _order = store.AddBuffer($"{scope}.order_of_planes", 1, OutputWidth, ImageColumns.Exchange(channels / _parameters, _parameters, pixels));
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        BijectorGuard.Attached(Kind, _order);
        Var h = tape.Activate(_activation, tape.Conv2d(input, _layers[0].Weight, _shapes[0], _layers[0].Bias));
        h = tape.Activate(_activation, tape.Conv2d(h, _layers[1].Weight, _shapes[1], _layers[1].Bias));
        (Var weight, Var bias) = _layers[2];
        if (_factor is { } factor)
        {
            // exp(factor logs) multiplies the weight rather than the image: far fewer numbers.
            Var scale = tape.Exp(tape.Scale(_logs, factor));
            (weight, bias) = (tape.Multiply(weight, scale.Reshape(scale.Length, 1)), tape.Multiply(bias, scale));
        }
        return tape.GatherColumns(tape.Conv2d(h, weight, _shapes[2], bias), _order);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteNumber("hidden", _hidden);
        json.WriteNumber("kernel", _kernel);
        json.WriteString("activation", Activations.Names[(int)_activation]);
        if (_factor is { } factor) json.WriteNumber("log_scale_factor", factor);
    }
}
