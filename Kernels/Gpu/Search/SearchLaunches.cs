using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How kernels run that look for the first or the worst of many.</summary>
internal static class SearchLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices x, found; sizes columns, closed; reals low, high.
        kernels.Add("outside-interval", static (gpu, in a) =>
        {
            int cols = Math.Max(1, a.Sizes[0]), rows = a.Slices[0].Length / cols;
            Slice scratch = gpu.Scratch(rows + 1), columns = scratch.Part(0, rows), row = scratch.Part(rows, 1);
            var outside = new FirstOutsideTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), T.CreateTruncating(a.Reals[0]), T.CreateTruncating(a.Reals[1]), cols, a.Sizes[1]);
            Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, outside, columns);
            Reduction<T, TView, TLane>.WholeRows(gpu, 1, rows, new FirstFiniteTerm<T, TView, TLane>(gpu.Read(columns)), row);
            gpu.Each(1, new PlaceOutsideKernel<T, TView, TLane>(gpu.Read(row), gpu.Read(columns), gpu.Update(a.Slices[1])));
        });

        // Slices values, row of the first infinity or -1.
        kernels.Add("first-infinite", static (gpu, in a) =>
        {
            Slice first = gpu.Scratch(1);
            Reduction<T, TView, TLane>.WholeRows(gpu, 1, a.Slices[0].Length, new FirstInfiniteTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), first);
            gpu.Each(1, new FirstMemberKernel<T, TView, TLane>(gpu.Read(first), gpu.Write(a.Slices[1].Part(0, 1))));
        });

        // Slices rebuilt, true, (distance, row); size columns.
        kernels.Add("rebuild-error", static (gpu, in a) =>
        {
            int cols = a.Sizes[0], rows = a.Slices[0].Length / cols;
            if (rows == 0) return;
            Slice errors = gpu.Scratch(rows), worst = a.Slices[2].Part(0, 1), row = a.Slices[2].Part(1, 1);
            gpu.Each(rows, new RebuildErrorKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(errors), cols));
            Reduction<T, TView, TLane>.WholeRows(gpu, 1, rows, new LargestTerm<T, TView, TLane>(gpu.Read(errors)), worst);
            Reduction<T, TView, TLane>.WholeRows(gpu, 1, rows, new FirstEqualTerm<T, TView, TLane>(gpu.Read(errors), gpu.Read(worst)), row);
        });

        kernels.Add("norm2", Norm);
    }

    // Slices x, y.
    private static void Norm(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
    {
        const int Part = 4096, MostParts = 1024;
        int length = a.Slices[0].Length, parts = Math.Clamp((int)(((long)length + Part - 1) / Part), 1, MostParts);
        Slice y = a.Slices[1].Part(0, 1);
        TView x = gpu.Read(a.Slices[0]);
        if (parts == 1)
        {
            gpu.Launch(new Grid(1, 1, 1, gpu.Items), new NormKernel<T, TView, TLane>(x, gpu.Write(y), length, length, 1, 1));
            return;
        }
        Slice sums = gpu.Scratch(WideCells<T, TView, TLane>.Cells * parts);
        gpu.Launch(new Grid(parts, 1, 1, gpu.Items), new NormKernel<T, TView, TLane>(x, gpu.Write(sums), length, (length + parts - 1) / parts, 1, 0));
        gpu.Launch(new Grid(1, 1, 1, gpu.Items), new NormKernel<T, TView, TLane>(gpu.Read(sums), gpu.Write(y), parts, parts, 0, 1));
    }
}
