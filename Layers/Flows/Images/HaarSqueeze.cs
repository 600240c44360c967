using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Haar wavelets of every 2x2 square of pixels: each channel becomes four, 1/2 (+ + + +), (+ - + -), (+ + - -), (+ - - +) over the pixels
/// 00, 01, 10, 11: mean, horizontal, vertical and diagonal difference. Orthogonal: log|det| = 0, [1 x 1].
/// </summary>
/// <remarks>Buffers. Cost: two moves and eight flops an element. Source: Ardizzone et al. 2019, section 3 (FrEIA).</remarks>
public sealed class HaarSqueeze<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    // Symmetric and orthogonal: its own inverse.
    private static readonly double[] s_wavelets = [0.5, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, -0.5, 0.5, -0.5, -0.5, 0.5];

    private Var _squares = Var.None;
    private Var _planes = Var.None;
    private Var _wavelets = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="image">What goes in.</param>
    /// <exception cref="ArgumentException">A side of the image is odd.</exception>
    public HaarSqueeze(ImageShape image)
    {
        Image = image;
        OutputImage = ImageColumns.Squeezed(image, 2);
    }

    /// <summary>What goes in.</summary>
    public ImageShape Image { get; }

    /// <summary>What comes out.</summary>
    public ImageShape OutputImage { get; }

    ImageShape? IImageLayer.ImageIn => Image;

    ImageShape? IImageLayer.ImageOut => OutputImage;

    /// <inheritdoc/>
    public string Kind => "haar-squeeze";

    /// <inheritdoc/>
    public int Dimension => Image.Features;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: channels, height, width (of what goes in).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static HaarSqueeze<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("haar-squeeze", config);
        ImageShape image = ImageShape.Read(reader);
        return reader.Make(() => new HaarSqueeze<T>(image));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _squares);
        _squares = store.AddBuffer($"{scope}.squares", 1, Dimension, ImageColumns.Squeeze(Image, 2, squareLast: true));
        _planes = store.AddBuffer($"{scope}.planes", 1, Dimension, ImageColumns.Exchange(Image.Channels, OutputImage.Pixels, 4));
        _wavelets = store.AddBuffer($"{scope}.wavelets", 4, 4, s_wavelets);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        Require(x);
        Var squares = Wavelets(tape, tape.GatherColumns(x, _squares));
        return FlowStep.Exact(tape.GatherColumns(squares, _planes), tape.Constant(0));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        Require(z);
        Var squares = Wavelets(tape, tape.ScatterAddColumns(z, _planes, Dimension));
        return FlowStep.Exact(tape.ScatterAddColumns(squares, _squares, Dimension), tape.Constant(0));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => Image.Write(json);

    private Var Wavelets(Tape<T> tape, Var squares) => tape.MatMul(squares.Reshape(squares.Length / 4, 4), _wavelets).Reshape(squares.Rows, squares.Cols);

    private void Require(Var x)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _squares);
    }
}
