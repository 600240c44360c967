using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z[:, p] = W x[:, p] + b for every pixel p of an image: one learned matrix for the channels. log|det| = pixels log|det W|, [1 x 1].</summary>
/// <remarks>
/// Four forms of W. dense: W itself. plu: W = P L (U + diag(s)). householder: a product of reflections. perm-lu: L U after a fixed permutation,
/// its diagonal softplus(u) + eps. Parameters by form, and bias [1 x C]. Cost: 2 B C^2 pixels flops either way, after C^3 at most once a step.
/// Source: Kingma and Dhariwal 2018, Glow, section 3.2; householder: Tomczak and Welling 2016; Hoogeboom, van den Berg and Welling 2019.
/// </remarks>
public sealed class Conv1x1<T> : IBijector<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string Dense = "dense", Plu = "plu", HouseholderForm = "householder", PermLu = "perm-lu";

    private readonly ImageShape _image;
    private readonly ConvShape _shape;
    private readonly IChannelMatrix<T> _matrix;
    private readonly bool _hasBias;
    private Var _attached = Var.None;
    private Var _bias = Var.None;

    private Conv1x1(ImageShape image, bool bias, Func<IChannelMatrix<T>> matrix)
    {
        image.Check();
        if (image.Channels > RandomOrthogonal.Largest) throw new ArgumentException($"channels is {image.Channels}; it must be at most {RandomOrthogonal.Largest}.");
        _image = image;
        _shape = ConvShape.Same(image.Channels, image.Channels, image.Height, image.Width, 1);
        _hasBias = bias;
        _matrix = matrix();
    }

    ImageShape? IImageLayer.ImageIn => _image;

    /// <inheritdoc/>
    public string Kind => "conv1x1";

    /// <inheritdoc/>
    public int Dimension => _image.Features;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>W itself, parameter weight; log-determinant and inverse by LU. A random orthogonal matrix at the start.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Conv1x1<T> OfDense(ImageShape image, bool bias = true) => new(image, bias, () => new DenseChannels<T>(image.Channels));

    /// <summary>W = P L (U + diag(s)) with P and the signs of s fixed; the log-determinant is a sum. A random orthogonal matrix at the start.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Conv1x1<T> OfPlu(ImageShape image, bool bias = true) => new(image, bias, () => new PluChannels<T>(image.Channels));

    /// <summary>W a product of reflections, orthogonal: log-determinant 0. Random at the start.</summary>
    /// <param name="image">Channels and sides.</param>
    /// <param name="reflections">How many; 0 takes as many as channels, which reach every orthogonal matrix.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Conv1x1<T> OfHouseholder(ImageShape image, int reflections = 0, bool bias = true)
    {
        int count = reflections == 0 ? image.Channels : reflections;
        return new(image, bias, () => count is >= 1 and <= RandomOrthogonal.Largest
            ? new HouseholderChannels<T>(image.Channels, count)
            : throw new ArgumentException($"reflections is {reflections}; it must be 1 to {RandomOrthogonal.Largest}."));
    }

    /// <summary>W = L U P, P a fixed random permutation, U's diagonal softplus(u) + eps. W = P at the start.</summary>
    /// <param name="image">Channels and sides.</param>
    /// <param name="eps">Added to softplus(u), so that the diagonal stays clear of zero; in (0, 1).</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Conv1x1<T> OfPermutedLu(ImageShape image, double eps = 1e-3, bool bias = true)
    {
        SoftplusStart.Check(eps);
        return new(image, bias, () => new PermutedLuChannels<T>(image.Channels, eps));
    }

    /// <summary>From a recipe entry: channels, height, width, form (dense, plu, householder, perm-lu), no_bias (false); reflections with householder, eps (1e-3) with perm-lu.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Conv1x1<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("conv1x1", config);
        ImageShape image = ImageShape.Read(reader);
        string form = reader.Choice("form", Dense, Dense, Plu, HouseholderForm, PermLu);
        bool bias = !reader.Flag("no_bias", false);
        switch (form)
        {
            case HouseholderForm:
                int reflections = reader.Integer("reflections", 1, image.Channels);
                return reader.Make(() => OfHouseholder(image, reflections, bias));
            case PermLu:
                double eps = reader.Number("eps", 1e-3);
                return reader.Make(() => OfPermutedLu(image, eps, bias));
            default:
                return reader.Make(() => form == Plu ? OfPlu(image, bias) : OfDense(image, bias));
        }
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _attached);
        _attached = _matrix.Attach(store, scope, seed);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, _image.Channels, decay: false);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection's vector is zero.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _attached);
        return FlowStep.Exact(tape.Conv2d(x, _matrix.Matrix(tape), _shape, _bias), _matrix.LogDet(tape, _image.Pixels));
    }

    /// <inheritdoc/>
    /// <remarks>W^-1 is made once for all pixels: x[:, p] = W^-1 z[:, p] - W^-1 b.</remarks>
    /// <exception cref="SingularMatrixException">The form is dense and W singular, or a reflection's vector is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _attached);
        Var inverse = _matrix.Inverse(tape);
        Var shift = _bias.IsNone ? Var.None : tape.Scale(tape.MatMul(_bias, inverse, transposeB: true), -1);
        return FlowStep.Exact(tape.Conv2d(z, inverse, _shape, shift), _matrix.LogDet(tape, -_image.Pixels));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _image.Write(json);
        json.WriteString("form", _matrix.Form);
        _matrix.WriteConfig(json);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }
}
