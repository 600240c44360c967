using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How kernels run that put the entries of matrices and convolution kernels elsewhere, and a few that work element by element.</summary>
internal static class LayoutLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int LowerFlag = 1, UnitFlag = 2;

    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices entries, diagonal, y; sizes order, 1 for lower.
        kernels.Add("unpack-triangle", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new UnpackTriangleKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(a.Slices[2]), a.Sizes[0], a.Sizes[1] == 1 ? 1 : 0)));
        kernels.Add("unpack-triangle-backward", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new PackTriangleKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), gpu.Update(a.Slices[2]), a.Sizes[0], a.Sizes[1] == 1 ? 1 : 0)));

        // Slices x, y; sizes order, flags: 1 lower, 2 the constant on the diagonal.
        kernels.Add("triangle", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new TriangleKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a), a.Sizes[0], a.Sizes[1] & LowerFlag, a.Sizes[1] & UnitFlag)));

        // Slices m, y; sizes order, flags: 1 lower, 2 without the diagonal.
        kernels.Add("add-triangle", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new AddTriangleKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a), a.Sizes[0], a.Sizes[1] & LowerFlag, a.Sizes[1] & UnitFlag)));

        // Slices a, s; size order. Then slice s alone.
        kernels.Add("cholesky-symmetrize", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new SymmetrizeKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), a.Sizes[0])));
        kernels.Add("cholesky-lower-half", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new LowerHalfKernel<T, TView, TLane>(gpu.Update(a.Slices[0]), a.Sizes[0])));

        kernels.Add("circulant", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new CirculantKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), a.Slices[0].Length)));
        kernels.Add("circulant-backward", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new CirculantSumKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), a.Slices[1].Length)));

        // Slices w, y; sizes outputs, inputs, taps.
        kernels.Add("mirror-kernel", static (gpu, in a) => gpu.Each(a.Sizes[0] * a.Sizes[1] * a.Sizes[2], new MirrorKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a), a.Sizes[0], a.Sizes[1], a.Sizes[2])));

        // Slices r, dw; sizes the packed shape.
        kernels.Add("add-mirrored-tap-counts", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new TapCountsKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a), a.Sizes[0], a.Sizes[1], a.Sizes[2])));

        // Slices x, bias, z; sizes rows, channels, pixels.
        kernels.Add("add-channel-bias", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new ChannelBiasKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(a.Slices[2]), a.Sizes[1], a.Sizes[2])));

        // Slices x, y; size 1 for down.
        kernels.Add("straight-through-round", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new RoundKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), a.Sizes[0] == 1 ? 1 : 0)));

        // Slices c, encoder, decoder.
        kernels.Add("free-form-choose", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new ChooseKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), gpu.Write(a.Slices[2]))));
    }

    private static T Real(in KernelArgs a) => T.CreateTruncating(a.Reals[0]);
}
