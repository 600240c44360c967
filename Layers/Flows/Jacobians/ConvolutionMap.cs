using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The exact parts of a convolution with equal channels in and out: its map, its log-determinant and its inverse.</summary>
internal static class ConvolutionMap
{
    /// <summary>The fastest exact strategy for such a padding.</summary>
    public static IJacobianStrategy<T> DefaultStrategy<T>(bool circular) where T : unmanaged, IFloatingPointIeee754<T>
        => circular ? new FftExact<T>() : new BandedExact<T>();

    /// <summary>z = w * x + b.</summary>
    public static Var Map<T>(Tape<T> tape, in JacobianSite site, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Conv2d(x, site.Weight, site.Convolution!.Value, site.Bias);

    /// <summary>log|det| of the whole linear map, exact: by the C x C matrix of a 1 x 1 kernel, by frequencies, or by the band.</summary>
    public static Var LogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (shape.Taps == 1) return PixelLogAbsDet(tape, w, shape);
        return shape.Circular ? tape.CircularConvLogAbsDet(w, shape) : tape.ConvLogAbsDet(w, shape);
    }

    /// <summary>The same by LU of the dense matrix; for a 1 x 1 kernel by LU of the C x C matrix that acts on every pixel.</summary>
    public static Var DenseLogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => shape.Taps == 1 ? PixelLogAbsDet(tape, w, shape) : tape.LogAbsDet(tape.ConvMatrix(w, shape));

    /// <summary>Rows x with w * x = z.</summary>
    public static Var Solve<T>(Tape<T> tape, Var w, Var z, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => shape.Circular ? tape.CircularConvSolve(w, z, shape) : tape.ConvSolve(w, z, shape);

    /// <summary>gradient := d log|det| / d w at the present w, outside any gradient.</summary>
    /// <exception cref="SingularMatrixException">The map is exactly singular.</exception>
    public static void WriteLogDetGradient<T>(Tape<T> tape, Var w, in ConvShape shape, Slice gradient) where T : unmanaged, IFloatingPointIeee754<T>
    {
        IBackend<T> backend = tape.Backend;
        Workspace<T> space = tape.Workspace;
        (int, int) borrowed = space.Mark;
        Slice weight = tape.ValueOf(w), value = space.Take(1);
        BasicKernels<T>.Fill(backend, gradient, 0);
        if (shape.Circular)
        {
            int length = CircularSpectrum<T>.MatrixLength(shape);
            Slice inverses = space.Take(length), room = space.Take(CircularSpectrum<T>.InvertRoom(shape));
            CircularSpectrum<T>.Invert(backend, shape, weight, inverses, value, Slice.None, room, 1);
            BasicKernels<T>.Fill(backend, value, 1);
            CircularSpectrum<T>.WeightGradient(backend, shape, inverses, value, space.Take(length), gradient, room);
        }
        else
        {
            Slice kept = space.Take(ConvDeterminant<T>.KeptLength(shape)), work = space.Take(ConvDeterminant<T>.WorkLength(shape));
            ConvDeterminant<T>.Value(backend, shape, weight, kept, value, work);
            ConvDeterminant<T>.AddGradient(backend, shape, weight, kept, gradient, work, 1, Slice.None);
        }
        space.Reset(borrowed);
    }

    // Of a 1 x 1 kernel: P log|det w|.
    private static Var PixelLogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Scale(tape.LogAbsDet(w), shape.Pixels);
}
