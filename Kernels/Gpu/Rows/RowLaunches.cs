using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How kernels run that work row by row: base density, softmax, log-sum-exp, running sums.</summary>
internal static class RowLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices z, y; sizes columns.
        kernels.Add("standard-normal-log-prob", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, a.Slices[1].Length, a.Sizes[0], new SquareTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1], -0.5, -0.5 * a.Sizes[0] * Math.Log(2 * Math.PI)));
        kernels.Add("standard-normal-log-prob-jvp", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, a.Slices[2].Length, a.Sizes[0], new DotTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1])), a.Slices[2], -1, adds: true));
        kernels.Add("standard-normal-log-prob-backward", static (gpu, in a) =>
        {
            bool adds = a.Sizes[1] == 1;
            Slice dz = a.Slices[2];
            gpu.Each(dz.Length, new GaussianGradientKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), adds ? gpu.Update(dz) : gpu.Write(dz), a.Sizes[0], adds ? 1 : 0));
        });

        // Slices x, y; sizes rows, cols.
        kernels.Add("row-softmax", static (gpu, in a) =>
        {
            int cols = a.Sizes[1];
            TView x = gpu.Read(a.Slices[0]);
            (TView greatest, TView sum) = ExpSums(gpu, x, a.Sizes[0], cols);
            gpu.Each(a.Slices[1].Length, new SoftmaxKernel<T, TView, TLane>(x, greatest, sum, gpu.Write(a.Slices[1]), cols));
        });

        // Slices y, v, w; sizes rows, cols.
        kernels.Add("row-softmax-jacobian", static (gpu, in a) =>
        {
            int rows = a.Sizes[0], cols = a.Sizes[1];
            TView y = gpu.Read(a.Slices[0]), v = gpu.Read(a.Slices[1]);
            Slice dot = gpu.Scratch(rows);
            Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, new DotTerm<T, TView, TLane>(y, v), dot);
            gpu.Each(a.Slices[2].Length, new SoftmaxJacobianKernel<T, TView, TLane>(y, v, gpu.Read(dot), gpu.Update(a.Slices[2]), cols));
        });

        // Slices x, y; sizes rows, cols.
        kernels.Add("row-log-sum-exp", static (gpu, in a) =>
        {
            (TView greatest, TView sum) = ExpSums(gpu, gpu.Read(a.Slices[0]), a.Sizes[0], a.Sizes[1]);
            gpu.Each(a.Slices[1].Length, new LogSumExpKernel<T, TView, TLane>(greatest, sum, gpu.Write(a.Slices[1])));
        });

        // Slices x, y, dy, dx; sizes rows, cols.
        kernels.Add("row-log-sum-exp-backward", static (gpu, in a) => gpu.Each(a.Slices[3].Length, new LogSumExpGradientKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), gpu.Update(a.Slices[3]), a.Sizes[1])));

        // Slices x, y, tx, ty; sizes rows, cols.
        kernels.Add("row-log-sum-exp-jvp", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, a.Sizes[0], a.Sizes[1], new WeightedExpTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), a.Sizes[1]), a.Slices[3]));

        // Slices x, y; size columns.
        kernels.Add("row-norm", static (gpu, in a) =>
        {
            int rows = a.Slices[1].Length, cols = a.Sizes[0];
            TView x = gpu.Read(a.Slices[0]);
            Slice scratch = gpu.Scratch(2 * rows), largest = scratch.Part(0, rows), sum = scratch.Part(rows, rows);
            Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, new LargestTerm<T, TView, TLane>(x), largest);
            Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, new ScaledSquareTerm<T, TView, TLane>(x, gpu.Read(largest), cols), sum);
            gpu.Each(rows, new RowNormKernel<T, TView, TLane>(gpu.Read(largest), gpu.Read(sum), gpu.Write(a.Slices[1])));
        });

        // Slices x, y, dy, dx; size columns.
        kernels.Add("row-norm-backward", static (gpu, in a) => gpu.Each(a.Slices[3].Length, new RowNormGradientKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), gpu.Update(a.Slices[3]), a.Sizes[0])));

        // Slices x, y, tx, ty; size columns.
        kernels.Add("row-norm-jvp", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, a.Slices[3].Length, a.Sizes[0], new TangentOfNormTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), a.Sizes[0]), a.Slices[3], adds: true));

        // Slices x, y; size columns.
        kernels.Add("running-sum", static (gpu, in a) =>
        {
            if (a.Slices[0].Length == 0) return;
            int cols = a.Sizes[0], rows = a.Slices[0].Length / cols;
            gpu.Each(rows, new RunningSumKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), rows, cols));
        });

        // Slices dy, dx; size columns.
        kernels.Add("running-sum-backward", static (gpu, in a) =>
        {
            if (a.Slices[0].Length == 0) return;
            int cols = a.Sizes[0], rows = a.Slices[0].Length / cols;
            gpu.Each(rows, new RunningSumGradientKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), rows, cols));
        });
    }

    // The greatest element of each row, and the sum of exp(x - greatest).
    private static (TView Greatest, TView Sum) ExpSums(GpuContext<T, TView, TLane> gpu, TView x, int rows, int cols)
    {
        Slice scratch = gpu.Scratch(2 * rows), greatest = scratch.Part(0, rows), sum = scratch.Part(rows, rows);
        Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, new GreatestTerm<T, TView, TLane>(x), greatest);
        Reduction<T, TView, TLane>.WholeRows(gpu, rows, cols, new ShiftedExpTerm<T, TView, TLane>(x, gpu.Read(greatest), cols), sum);
        return (gpu.Read(greatest), gpu.Read(sum));
    }
}
