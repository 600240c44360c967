using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// An emerging convolution: a 1x1 convolution, a convolution that looks up and left, and one that looks down and right (the same between two turns of
/// the image by 180 degrees). Together they see 2k - 1 rows and columns. log|det| is the sum of the three, [1 x 1].
/// </summary>
/// <remarks>Parameters conv1x1.weight as <see cref="Conv1x1{T}"/> of form dense, ar1 and ar2 as <see cref="AutoregressiveConv{T}"/>; buffer turn [1 x D]. Cost: about 4 B C^2 k^2 pixels flops either way. Source: Hoogeboom, van den Berg and Welling 2019, Emerging convolutions for generative normalizing flows, section 3.1.</remarks>
public sealed class Emerging<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ImageShape _image;
    private readonly int _kernel;
    private readonly Conv1x1<T> _mix;
    private readonly MaskedConvolution<T> _first;
    private readonly MaskedConvolution<T> _second;
    private Var _turn = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="image">Channels and sides.</param>
    /// <param name="kernel">Side k of both masked kernels.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Emerging(ImageShape image, int kernel = 2)
    {
        // The biases of the other two reach every image that one of its own could.
        _mix = Conv1x1<T>.OfDense(image, bias: false);
        _first = new MaskedConvolution<T>(image, kernel, bias: true);
        _second = new MaskedConvolution<T>(image, kernel, bias: true);
        // Places in the image are kept in numbers of type T; float counts exactly up to 2^24.
        if (image.Features > 1 << 24) throw new ArgumentException($"the image is {image}; that is {image.Features} numbers, more than {1 << 24}.");
        _image = image;
        _kernel = kernel;
    }

    ImageShape? IImageLayer.ImageIn => _image;

    /// <inheritdoc/>
    public string Kind => "emerging";

    /// <inheritdoc/>
    public int Dimension => _image.Features;

    /// <summary>From a recipe entry: channels, height, width, kernel (2).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Emerging<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("emerging", config);
        ImageShape image = ImageShape.Read(reader);
        int kernel = reader.Integer("kernel", 1, 2);
        return reader.Make(() => new Emerging<T>(image, kernel));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _turn);
        _mix.Attach(store, $"{scope}.conv1x1", SeedMix.Of(seed, 0));
        _first.Attach(store, $"{scope}.ar1", SeedMix.Of(seed, 1));
        _second.Attach(store, $"{scope}.ar2", SeedMix.Of(seed, 2));
        var turn = new double[Dimension];
        for (int i = 0; i < turn.Length; i++) turn[i] = (i / _image.Pixels * _image.Pixels) + _image.Pixels - 1 - (i % _image.Pixels);
        _turn = store.AddBuffer($"{scope}.turn", 1, turn.Length, turn);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _turn);
        FlowStep mixed = _mix.Forward(tape, x, c);
        Var turned = tape.GatherColumns(_first.Apply(tape, mixed.Output), _turn);
        Var z = tape.GatherColumns(_second.Apply(tape, turned), _turn);
        return FlowStep.Exact(z, LogDet(tape, mixed.LogAbsDet, 1));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">One of the three is singular.</exception>
    /// <exception cref="OutsideDomainException">A solution overflows: the taps are large beside the diagonal.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _turn);
        Var turned = _second.Solve(tape, tape.GatherColumns(z, _turn));
        FlowStep back = _mix.Inverse(tape, _first.Solve(tape, tape.GatherColumns(turned, _turn)), c);
        return FlowStep.Exact(back.Output, LogDet(tape, back.LogAbsDet, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteNumber("kernel", _kernel);
    }

    private Var LogDet(Tape<T> tape, Var mixed, double sign) => tape.Add(tape.Add(mixed, _first.LogDet(tape, sign)), _second.LogDet(tape, sign));
}
