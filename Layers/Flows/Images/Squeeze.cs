using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Puts every factor x factor square of pixels into channels of its own: z[c f f + dy f + dx, h, w] = x[c, h f + dy, w f + dx]. In reverse,
/// channels into squares. log|det| = 0, [1 x 1].
/// </summary>
/// <remarks>Buffer order [1 x features]. Cost: one move an element. Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.6.</remarks>
public sealed class Squeeze<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _factor;
    private readonly bool _reverse;
    private Var _order = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="image">What goes in.</param>
    /// <param name="factor">Side of a square, at least 2.</param>
    /// <param name="reverse">Whether it unsqueezes: channels into squares.</param>
    /// <exception cref="ArgumentException">The factor does not divide the image's sides, or in reverse its square the channels.</exception>
    public Squeeze(ImageShape image, int factor = 2, bool reverse = false)
    {
        Image = image;
        OutputImage = reverse ? ImageColumns.Unsqueezed(image, factor) : ImageColumns.Squeezed(image, factor);
        _factor = factor;
        _reverse = reverse;
    }

    /// <summary>What goes in.</summary>
    public ImageShape Image { get; }

    /// <summary>What comes out.</summary>
    public ImageShape OutputImage { get; }

    ImageShape? IImageLayer.ImageIn => Image;

    ImageShape? IImageLayer.ImageOut => OutputImage;

    /// <inheritdoc/>
    public string Kind => "squeeze";

    /// <inheritdoc/>
    public int Dimension => Image.Features;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: channels, height, width (of what goes in), factor (2), reverse (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Squeeze<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("squeeze", config);
        ImageShape image = ImageShape.Read(reader);
        int factor = reader.Integer("factor", 2, 2);
        bool reverse = reader.Flag("reverse", false);
        return reader.Make(() => new Squeeze<T>(image, factor, reverse));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _order);
        double[] order = ImageColumns.Squeeze(_reverse ? OutputImage : Image, _factor);
        _order = store.AddBuffer($"{scope}.order", 1, order.Length, order);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Move(tape, x, _reverse);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Move(tape, z, !_reverse);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        Image.Write(json);
        json.WriteNumber("factor", _factor);
        json.WriteBoolean("reverse", _reverse);
    }

    private FlowStep Move(Tape<T> tape, Var x, bool back)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _order);
        return FlowStep.Exact(back ? tape.ScatterAddColumns(x, _order, Dimension) : tape.GatherColumns(x, _order), tape.Constant(0));
    }
}
