using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// z = w * x + b on images: a k x k convolution with stride 1 that keeps the image's size, whose Jacobian strategy is one argument. Training
/// does what the strategy says; evaluation is always exact.
/// </summary>
/// <remarks>
/// With C channels, P pixels and k^2 taps: forward 2 B C^2 k^2 P flops. Exact inverse and log-determinant by a banded factorisation (zero
/// padding) or a Fourier transform (circular); a 1 x 1 kernel needs the C x C matrix alone.
/// </remarks>
public sealed class Conv2d<T> : IJacobianLayer<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ImageShape _image;
    private readonly ConvShape _shape;
    private JacobianSite _site;

    /// <summary>Creates the layer.</summary>
    /// <param name="image">Channels, height and width of the images.</param>
    /// <param name="kernel">Side k of the kernel, odd.</param>
    /// <param name="circular">What lies outside the image: its other side, or zeros.</param>
    /// <param name="strategy">How its log-determinant is treated in training; null takes the fastest exact one.</param>
    /// <param name="bias">Whether there is a bias, one number a channel.</param>
    /// <exception cref="ArgumentException">A size is out of range, the kernel's side is even, or the strategy does not work on such a convolution.</exception>
    public Conv2d(ImageShape image, int kernel = 3, bool circular = false, IJacobianStrategy<T>? strategy = null, bool bias = true)
    {
        image.Check();
        if (kernel < 1 || kernel % 2 == 0) throw new ArgumentException($"kernel is {kernel}; a convolution that keeps the image's size needs an odd side of 1 or more.");
        _image = image;
        _shape = ConvShape.Same(image.Channels, image.Channels, image.Height, image.Width, kernel, circular);
        Strategy = strategy ?? ConvolutionMap.DefaultStrategy<T>(circular);
        HasBias = bias;
        if (SiteRules.Refusal(Strategy, SiteKind) is { } refusal) throw new ArgumentException(refusal);
    }

    ImageShape? IImageLayer.ImageIn => _image;

    /// <inheritdoc/>
    public string Kind => "conv2d";

    /// <inheritdoc/>
    public int Dimension => _image.Features;

    /// <summary>Geometry of the convolution.</summary>
    public ConvShape Shape => _shape;

    /// <summary>How the log-determinant is treated in training.</summary>
    public IJacobianStrategy<T> Strategy { get; }

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias { get; }

    /// <summary>The layer's handles, once attached.</summary>
    public JacobianSite Site => _site;

    /// <summary>Whether the strategy keeps a learned inverse kernel r that <see cref="InverseKind.Learned"/> can use.</summary>
    public bool HasLearnedInverse => Strategy.HasLearnedInverse;

    /// <inheritdoc/>
    public bool HasExactInverse => !HasLearnedInverse;

    private SiteKinds SiteKind => _shape.Circular ? SiteKinds.CircularConvolution : SiteKinds.Convolution;

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        double[] w = Start(_shape, seed);
        Var weight = store.AddParameter($"{scope}.weight", _shape.OutChannels, _shape.WeightColumns, w);
        Var bias = HasBias ? store.AddParameter($"{scope}.bias", 1, _shape.OutChannels, decay: false) : Var.None;
        _site = Strategy.Attach(store, new JacobianSite(SiteKind, scope, Dimension, weight, bias) { Stream = seed, Convolution = _shape }, w);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _site.Weight);
        return c.Mode == FlowMode.Train
            ? Strategy.Record(tape, _site, x, c)
            : FlowStep.Exact(ConvolutionMap.Map(tape, _site, x), ConvolutionMap.LogAbsDet(tape, _site.Weight, _shape));
    }

    /// <inheritdoc/>
    /// <remarks>With <see cref="InverseKind.Learned"/> and a learned inverse: x = r * (z - b), and no log-determinant value.</remarks>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _site.Weight);
        Var centred = _site.Bias.IsNone ? z : tape.Subtract(z, OnEveryPixel(tape, _site.Bias));
        if (c.Inverse == InverseKind.Learned && HasLearnedInverse)
        {
            Var x = tape.Conv2d(centred, _site.InverseWeight, _shape);
            return new FlowStep(x, tape.Constant(0), ValueKind.None, GradientKind.Biased, Var.None, Var.None);
        }
        Var solved = ConvolutionMap.Solve(tape, _site.Weight, centred, _shape);
        return FlowStep.Exact(solved, tape.Scale(ConvolutionMap.LogAbsDet(tape, _site.Weight, _shape), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteNumber("kernel", _shape.KernelHeight);
        json.WriteString("padding", _shape.Circular ? "circular" : "zero");
        if (!HasBias) json.WriteBoolean("no_bias", true);
        json.WriteStartObject("strategy");
        json.WriteString("name", Strategy.Name);
        Strategy.WriteConfig(json);
        json.WriteEndObject();
    }

    /// <summary>From a recipe entry: channels, height, width, kernel (3), padding ("zero"), no_bias, strategy.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Conv2d<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("conv2d", config);
        ImageShape image = ImageShape.Read(reader);
        int kernel = reader.OptionalInteger("kernel") ?? 3;
        string padding = reader.OptionalString("padding") ?? "zero";
        bool noBias = reader.Flag("no_bias", false);
        JsonElement? strategy = reader.OptionalObject("strategy");
        return reader.Make(() => new Conv2d<T>(image, kernel, IsCircular(padding), strategy is { } s ? JacobianRegistry.FromConfig<T>(s) : null, !noBias));
    }

    private static bool IsCircular(string padding) => padding switch
    {
        "zero" => false,
        "circular" => true,
        _ => throw new ArgumentException($"padding is {BadInputException.Quote(padding)}; it must be \"zero\" or \"circular\"."),
    };

    // Identity kernel plus Xavier-normal noise with gain 0.01 (Keller et al. 2021); a 1 x 1 kernel starts at a random orthogonal matrix.
    private static double[] Start(in ConvShape shape, ulong seed)
    {
        int channels = shape.InChannels, taps = shape.Taps;
        var w = new double[shape.WeightLength];
        RandomFill.Gaussian<double>(seed, 0, 0, w);
        if (taps == 1)
        {
            Orthonormalise(w, channels);
            return w;
        }
        double scale = 0.01 / Math.Sqrt(shape.WeightColumns);
        for (int i = 0; i < w.Length; i++) w[i] *= scale;
        for (int i = 0; i < channels; i++) w[(((i * channels) + i) * taps) + (taps / 2)] += 1;
        return w;
    }

    // Gram-Schmidt on the rows, each twice: once more is enough for full accuracy.
    private static void Orthonormalise(double[] w, int n)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = w.AsSpan(i * n, n);
            for (int j = 0; j < 2 * i; j++)
            {
                ReadOnlySpan<double> earlier = w.AsSpan(j % i * n, n);
                VectorOps.AddScaled(-VectorOps.Dot<double>(row, earlier), earlier, row);
            }
            VectorOps.Scale(1 / Math.Sqrt(VectorOps.SumSquares<double>(row)), row, row);
        }
    }

    // One number a channel as a row [1 x features].
    private Var OnEveryPixel(Tape<T> tape, Var bias)
        => tape.Multiply(tape.Constant(1, _image.Channels, _image.Pixels), bias.Reshape(_image.Channels, 1)).Reshape(1, Dimension);
}
