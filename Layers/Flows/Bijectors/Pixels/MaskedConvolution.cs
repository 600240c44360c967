using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A convolution that looks up and left only, its last tap lower triangular over (out, in) channels: the matrix of <see cref="AutoregressiveConv{T}"/> and of both halves of <see cref="Emerging{T}"/>.</summary>
/// <remarks>Parameters weight [C x C k k], the identity and small noise at the start, bias [1 x C]; buffers mask [C x C k k], diagonal [1 x C] (where the last tap's diagonal stands in the weight). Masked weights start at 0 and have gradient 0.</remarks>
internal sealed class MaskedConvolution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double StartNoise = 0.01;

    private readonly ImageShape _image;
    private readonly ConvShape _shape;
    private readonly bool _hasBias;
    private Var _weight = Var.None;
    private Var _bias = Var.None;
    private Var _mask = Var.None;
    private Var _diagonal = Var.None;

    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public MaskedConvolution(ImageShape image, int kernel, bool bias)
    {
        image.Check();
        if (kernel is < 1 or > ConvShape.LargestKernel) throw new ArgumentException($"kernel is {kernel}; it must be 1 to {ConvShape.LargestKernel}.");
        _image = image;
        _shape = new ConvShape(image.Channels, image.Channels, image.Height, image.Width, kernel, kernel, kernel - 1, kernel - 1);
        _shape.Check();
        // Places in the weight are kept in numbers of type T; float counts exactly up to 2^24.
        if (_shape.WeightLength > 1 << 24) throw new ArgumentException($"channels is {image.Channels}, kernel is {kernel}; that is {_shape.WeightLength} weights, more than {1 << 24}.");
        _hasBias = bias;
    }

    /// <summary>One of the parameters, or none before <see cref="Attach"/>.</summary>
    public Var Weight => _weight;

    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        int channels = _image.Channels, taps = _shape.Taps;
        double[] weight = new double[_shape.WeightLength], mask = new double[_shape.WeightLength], diagonal = new double[channels];
        RandomFill.Gaussian<double>(seed, 0, 0, weight);
        for (int o = 0; o < channels; o++)
            for (int c = 0; c < channels; c++)
                for (int t = 0; t < taps; t++)
                {
                    int at = (((o * channels) + c) * taps) + t;
                    bool last = t == taps - 1;
                    mask[at] = last && c > o ? 0 : 1;
                    weight[at] *= StartNoise * mask[at];
                    if (!last || c != o) continue;
                    weight[at] += 1;
                    diagonal[o] = at;
                }
        _weight = store.AddParameter($"{scope}.weight", channels, _shape.WeightColumns, weight);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, channels, decay: false);
        _mask = store.AddBuffer($"{scope}.mask", channels, _shape.WeightColumns, mask);
        _diagonal = store.AddBuffer($"{scope}.diagonal", 1, channels, diagonal);
    }

    /// <summary>Records z = w * x + b.</summary>
    public Var Apply(Tape<T> tape, Var x) => tape.Conv2d(x, tape.Multiply(_weight, _mask), _shape, _bias);

    /// <summary>Records x from z, pixel by pixel.</summary>
    /// <exception cref="SingularMatrixException">A number on the diagonal is zero.</exception>
    /// <exception cref="OutsideDomainException">A solution overflows.</exception>
    public Var Solve(Tape<T> tape, Var z)
    {
        if (_bias.IsNone) return tape.ConvSubstitution(z, _weight, _shape);
        Var spread = tape.MatMul(_bias.Reshape(_image.Channels, 1), tape.Constant(1, 1, _image.Pixels)).Reshape(1, _image.Features);
        return tape.ConvSubstitution(tape.Subtract(z, spread), _weight, _shape);
    }

    /// <summary>Records factor pixels sum of log|w[c, c, last]| [1 x 1].</summary>
    public Var LogDet(Tape<T> tape, double factor)
    {
        Var diagonal = tape.GatherColumns(_weight.Reshape(1, _weight.Length), _diagonal);
        return tape.Sum(tape.Log(tape.Abs(diagonal)), factor * _image.Pixels);
    }
}
