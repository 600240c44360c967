using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How kernels run that pick and bin by a list of indices. An index outside its range, which the CPU refuses, gives NaN here: a kernel cannot refuse.</summary>
internal static class IndexLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices x, index, y; sizes rows, columns of x, columns of y, whether to add; by rows: columns, rows of x, rows of y.
        kernels.Add("gather-columns", static (gpu, in a) => Gather(gpu, a, a.Sizes[1], a.Sizes[1], a.Sizes[2], 0, a.Sizes[3] != 0));
        kernels.Add("gather-rows", static (gpu, in a) => Gather(gpu, a, a.Sizes[1], a.Sizes[0], a.Sizes[0], 1, true));
        kernels.Add("scatter-columns", static (gpu, in a) => Scatter(gpu, a, a.Sizes[1], a.Sizes[2], a.Sizes[1], a.Sizes[2], 0));
        kernels.Add("scatter-rows", static (gpu, in a) => Scatter(gpu, a, a.Sizes[1], a.Sizes[2], a.Sizes[0], a.Sizes[0], 1));

        // Slices table, index, y; sizes columns, offset.
        kernels.Add("pick-columns", static (gpu, in a) => gpu.Each(
            a.Slices[2].Length,
            new PickKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), new(gpu.Read(a.Slices[1]), a.Sizes[0] - a.Sizes[1]), gpu.Write(a.Slices[2]), a.Sizes[0], a.Sizes[1])));

        // Slices y, index, table; sizes columns, offset.
        kernels.Add("pick-columns-backward", static (gpu, in a) =>
        {
            int cols = a.Sizes[0], rows = a.Slices[2].Length / cols;
            gpu.Each(rows, new PutKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), new(gpu.Read(a.Slices[1]), cols - a.Sizes[1]), gpu.Update(a.Slices[2]), rows, cols, a.Sizes[1]));
        });

        // Slices x, knots, index; size knots a row.
        kernels.Add("bins", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new BinKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(a.Slices[2]), a.Sizes[0])));
    }

    private static void Gather(GpuContext<T, TView, TLane> gpu, in KernelArgs a, int limit, int from, int to, int byRows, bool adds)
    {
        Slice y = a.Slices[2];
        if (y.Length == 0) return;
        gpu.Each(y.Length, new GatherKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), new(gpu.Read(a.Slices[1]), limit), adds ? gpu.Update(y) : gpu.Write(y), from, to, byRows, adds ? 1 : 0));
    }

    // Who goes where is found first, in time sources * (sources + places): then a sum takes its terms in the order of the sources, as on the CPU.
    private static void Scatter(GpuContext<T, TView, TLane> gpu, in KernelArgs a, int sources, int places, int from, int to, int byRows)
    {
        Slice y = a.Slices[2];
        if (y.Length == 0) return;
        Slice scratch = gpu.Scratch(places + sources), first = scratch.Part(0, places), next = scratch.Part(places, sources);
        gpu.Each(places + sources, new ChainKernel<T, TView, TLane>(new(gpu.Read(a.Slices[1]), places), gpu.Write(first), gpu.Write(next)));
        gpu.Each(y.Length, new ScatterKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(first), gpu.Read(next), gpu.Update(y), from, to, byRows));
    }
}
