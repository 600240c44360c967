using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The exact parts of a convolution with equal channels in and out: its map, its log-determinant and its inverse.</summary>
internal static class ConvolutionMap
{
    /// <summary>The fastest exact strategy for such a padding.</summary>
    public static IJacobianStrategy<T> DefaultStrategy<T>(bool circular) where T : unmanaged, IFloatingPointIeee754<T> => new ExactLu<T>();

    /// <summary>z = w * x + b.</summary>
    public static Var Map<T>(Tape<T> tape, in JacobianSite site, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Conv2d(x, site.Weight, site.Convolution!.Value, site.Bias);

    /// <summary>log|det| of the whole linear map, exact, in the cheapest way known for the shape.</summary>
    public static Var LogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => DenseLogAbsDet(tape, w, shape);

    /// <summary>The same by LU of the dense matrix; for a 1 x 1 kernel by LU of the C x C matrix that acts on every pixel.</summary>
    public static Var DenseLogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => shape.Taps == 1 ? PixelLogAbsDet(tape, w, shape) : tape.LogAbsDet(tape.ConvMatrix(w, shape));

    /// <summary>Rows x with w * x = z.</summary>
    public static Var Solve<T>(Tape<T> tape, Var w, Var z, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.SolveRows(tape.ConvMatrix(w, shape), z);

    /// <summary>gradient := d log|det| / d w at the present w, outside any gradient.</summary>
    public static void WriteLogDetGradient<T>(Tape<T> tape, Var w, in ConvShape shape, Slice gradient) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TapeMark mark = tape.Mark();
        w = w.Detach();
        Var result;
        if (shape.Taps == 1)
        {
            result = tape.Scale(tape.SolveRows(w, tape.Identity(shape.InChannels)), shape.Pixels);
        }
        else
        {
            // Row i of the solution is column i of the inverse; a tap's gradient is the sum of its places in the inverse transposed.
            Var one = tape.Identity(shape.InLength);
            result = Conv2dWeightGradientOp<T>.Record(tape, tape.SolveRows(tape.ConvMatrix(w, shape), one), one, shape);
        }
        BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(result), gradient);
        tape.Release(mark);
    }

    /// <summary>Of a 1 x 1 kernel: P log|det w|.</summary>
    public static Var PixelLogAbsDet<T>(Tape<T> tape, Var w, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Scale(tape.LogAbsDet(w), shape.Pixels);
}
