using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The three kernels of a convolution. Images are rows [batch x channels rows columns], the weight is [out x in rows columns]; see <see cref="ConvShape"/>.</summary>
public static class Convolution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices x, w, bias (optional, one number a channel), z; sizes batch, the packed shape, add.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("conv2d", static (in CpuArgs<T> a) =>
        ReferenceConvolution<T>.Forward(Shape(a), a.Size(0), a[0], a[1], a.Has(2) ? a[2] : default, a[3], a.Size(4) != 0), static (in CpuArgs<T> a) =>
        SimdConvolution<T>.Forward(Shape(a), a.Size(0), a[0], a[1], a.Has(2) ? a[2] : default, a[3], a.Size(4) != 0, a.Workers));

    // Slices dz, w, dx; sizes batch, the packed shape, add.
    private static readonly KernelId InputGradientId = CpuKernels<T>.Define("conv2d-input-gradient", static (in CpuArgs<T> a) =>
        ReferenceConvolution<T>.InputGradient(Shape(a), a.Size(0), a[0], a[1], a[2], a.Size(4) != 0), static (in CpuArgs<T> a) =>
        SimdConvolution<T>.InputGradient(Shape(a), a.Size(0), a[0], a[1], a[2], a.Size(4) != 0, a.Workers));

    // Slices x, dz, dw; sizes batch, the packed shape, add; real alpha.
    private static readonly KernelId WeightGradientId = CpuKernels<T>.Define("conv2d-weight-gradient", static (in CpuArgs<T> a) =>
        ReferenceConvolution<T>.WeightGradient(Shape(a), a.Size(0), a[0], a[1], a[2], a.Real(0), a.Size(4) != 0), static (in CpuArgs<T> a) =>
        SimdConvolution<T>.WeightGradient(Shape(a), a.Size(0), a[0], a[1], a[2], a.Real(0), a.Size(4) != 0, a.Workers));

    // Slices dz, db; sizes batch, channels, pixels.
    private static readonly KernelId BiasGradientId = CpuKernels<T>.Define("conv2d-bias-gradient", static (in CpuArgs<T> a) =>
        ReferenceConvolution<T>.BiasGradient(a.Size(0), a.Size(1), a.Size(2), a[0], a[1]), static (in CpuArgs<T> a) =>
        BiasSums.Add(a.Size(0), a.Size(1), a.Size(2), a[0], a[1]));

    /// <summary>z := w * x + bias, or z += without the bias where <paramref name="add"/>. 2 batch Products flops.</summary>
    public static void Forward(IBackend<T> backend, in ConvShape shape, int batch, Slice x, Slice w, Slice bias, Slice z, bool add = false)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(ForwardId, new KernelArgs([x, w, bias, z], [batch, p, q, r, add ? 1 : 0]));
    }

    /// <summary>dx := (or +=) the transposed map of dz.</summary>
    public static void InputGradient(IBackend<T> backend, in ConvShape shape, int batch, Slice dz, Slice w, Slice dx, bool add)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(InputGradientId, new KernelArgs([dz, w, dx], [batch, p, q, r, add ? 1 : 0]));
    }

    /// <summary>dw[o, c, i, j] := (or +=) alpha times the sum over batch and pixels of dz[o, h, w] x[c, h + i - AnchorRow, w + j - AnchorColumn].</summary>
    public static void WeightGradient(IBackend<T> backend, in ConvShape shape, int batch, Slice x, Slice dz, Slice dw, double alpha, bool add)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(WeightGradientId, new KernelArgs([x, dz, dw], [batch, p, q, r, add ? 1 : 0], [alpha]));
    }

    /// <summary>db[o] += the sum of dz over batch and pixels of channel o.</summary>
    public static void BiasGradient(IBackend<T> backend, int batch, int channels, int pixels, Slice dz, Slice db)
        => backend.Run(BiasGradientId, new KernelArgs([dz, db], [batch, channels, pixels]));

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(1), a.Size(2), a.Size(3));
}
