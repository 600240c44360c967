using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How elementwise kernels with a spread operand run, and copies of blocks of columns. Sizes of the former: rows, cols, broadcast.</summary>
internal static class SpreadLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        kernels.Add("add", static (gpu, in a) => Elements<SumRule<T, TLane>>(gpu, a));
        kernels.Add("multiply", static (gpu, in a) => Elements<ProductRule<T, TLane>>(gpu, a));
        kernels.Add("add-multiply", static (gpu, in a) => Elements<AddedProductRule<T, TLane>>(gpu, a));
        kernels.Add("divide", static (gpu, in a) => Elements<QuotientRule<T, TLane>>(gpu, a));
        kernels.Add("add-spread", static (gpu, in a) =>
        {
            int cols = a.Sizes[1], count = a.Sizes[0] * cols;
            if (count > 0) gpu.Each(count, new AddSpreadKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a), cols, Spread.Of(a.Sizes[2], cols)));
        });
        kernels.Add("reduce-product", ReduceProduct);
        kernels.Add("copy-block", static (gpu, in a) => Block(gpu, a, adds: 0));
        kernels.Add("add-block", static (gpu, in a) => Block(gpu, a, adds: 1));
    }

    private static void Elements<TRule>(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
        where TRule : struct, ISpreadRule<TLane>
    {
        int cols = a.Sizes[1];
        Slice y = a.Slices[2];
        if (y.Length == 0) return;
        gpu.Each(y.Length, new SpreadKernel<T, TView, TLane, TRule>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), TRule.Adds ? gpu.Update(y) : gpu.Write(y), Real(a), cols, Spread.Of(a.Sizes[2], cols)));
    }

    // Slices x, w, db: db += s (x w summed over what b was spread over).
    private static void ReduceProduct(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
    {
        int rows = a.Sizes[0], cols = a.Sizes[1];
        if (rows * cols == 0) return;
        TView x = gpu.Read(a.Slices[0]), w = gpu.Read(a.Slices[1]);
        Slice db = a.Slices[2];
        switch (a.Sizes[2])
        {
            case 0:
                gpu.Each(rows * cols, new SpreadKernel<T, TView, TLane, ScaledProductRule<T, TLane>>(x, w, gpu.Update(db), Real(a), cols, new Spread(cols, 1)));
                break;
            case 1:
                Reduction<T, TView, TLane>.Columns(gpu, rows, cols, new ColumnProductTerm<T, TView, TLane>(x, w), db, Slice.None, a.Reals[0]);
                break;
            case 2:
                Reduction<T, TView, TLane>.Rows(gpu, rows, cols, new DotTerm<T, TView, TLane>(x, w), db, a.Reals[0], adds: true);
                break;
            default:
                Reduction<T, TView, TLane>.Rows(gpu, 1, rows * cols, new DotTerm<T, TView, TLane>(x, w), db.Part(0, 1), a.Reals[0], adds: true);
                break;
        }
    }

    // Slices x, y; sizes rows, cols, row stride and first column of x, row stride and first column of y.
    private static void Block(GpuContext<T, TView, TLane> gpu, in KernelArgs a, int adds)
    {
        int count = a.Sizes[0] * a.Sizes[1];
        if (count > 0)
            gpu.Each(count, new BlockKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), a.Sizes[0], a.Sizes[1], a.Sizes[2], a.Sizes[3], a.Sizes[4], a.Sizes[5], adds));
    }

    private static T Real(in KernelArgs a) => a.Reals.Length == 0 ? T.One : T.CreateTruncating(a.Reals[0]);
}
