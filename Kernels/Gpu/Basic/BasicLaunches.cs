using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the operations of <see cref="BasicKernels{T}"/> run.</summary>
internal static class BasicLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    // With fewer rows or columns a tile would be mostly empty.
    private const int ThinTranspose = 8;

    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        kernels.Add("fill", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new FillKernel<T, TView>(gpu.Write(a.Slices[0]), Real(a))));
        kernels.Add("copy", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new CopyKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]))));
        kernels.Add("add-scaled", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new AddScaledKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a))));
        kernels.Add("scale", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new ScaleKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), Real(a))));
        kernels.Add("add-constant", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new AddConstantKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Write(a.Slices[1]), Real(a))));
        kernels.Add("add-product", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new SpreadKernel<T, TView, TLane, AddedProductRule<T, TLane>>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), T.One, a.Slices[2].Length, new Spread(0, 1))));
        kernels.Add("add-diagonal", static (gpu, in a) => { if (a.Sizes[0] > 0) gpu.Each(a.Sizes[0], new AddDiagonalKernel<T, TView, TLane>(gpu.Update(a.Slices[0]), Real(a), a.Sizes[0])); });
        kernels.Add("transpose", static (gpu, in a) => Transpose(gpu, a, Slice.None, a.Slices[0], a.Slices[1]));

        kernels.Add("sum", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[0].Length, new SumTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1].Part(0, 1), a.Reals[0], adds: true));
        kernels.Add("sum-squares", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[0].Length, new SquareTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1].Part(0, 1), a.Reals[0], adds: true));
        kernels.Add("dot", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, 1, a.Slices[0].Length, new DotTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1])), a.Slices[2].Part(0, 1), a.Reals[0], adds: true));
        kernels.Add("circular-log-abs-det-jvp", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, 1, a.Slices[0].Length, new DotTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1])), a.Slices[2].Part(0, 1)));
        kernels.Add("max-abs", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[0].Length, new LargestTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1].Part(0, 1)));
        kernels.Add("row-sum", static (gpu, in a) => Reduction<T, TView, TLane>.Rows(
            gpu, a.Sizes[0], a.Sizes[1], new SumTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1], a.Reals[0], adds: true));
        kernels.Add("column-sum", static (gpu, in a) => Reduction<T, TView, TLane>.Columns(
            gpu, a.Sizes[0], a.Sizes[1], new ColumnSumTerm<T, TView, TLane>(gpu.Read(a.Slices[0])), a.Slices[1], Slice.None, a.Reals[0]));

        // e := e - x, y := [0, weight m, m], m = scale * sum of e^2.
        kernels.Add("reconstruction-residual", static (gpu, in a) =>
        {
            Slice y = a.Slices[2];
            Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[1].Length, new ResidualTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1])), y.Part(2, 1), a.Reals[0]);
            gpu.Each(1, new PenaltyKernel<T, TView, TLane>(gpu.Update(y), T.CreateTruncating(a.Reals[1])));
        });
    }

    /// <summary>y += scale s[0] x^T, without s where it is none.</summary>
    public static void Transpose(GpuContext<T, TView, TLane> gpu, in KernelArgs a, Slice s, Slice from, Slice to)
    {
        int rows = a.Sizes[0], cols = a.Sizes[1];
        if (rows == 0 || cols == 0) return;
        TView x = gpu.Read(from), y = gpu.Update(to), factor = gpu.Read(s);
        if (rows <= ThinTranspose || cols <= ThinTranspose)
        {
            gpu.Each(checked(rows * cols), new TransposeThinKernel<T, TView, TLane>(x, y, Real(a), factor, rows, cols, a.Sizes[2], a.Sizes[3]));
            return;
        }
        int tiles = checked(Tiles(rows) * Tiles(cols));
        gpu.Launch(new Grid(tiles, 1, 1, gpu.Items), new TransposeKernel<T, TView, TLane>(x, y, Real(a), factor, rows, cols, a.Sizes[2], a.Sizes[3]));
    }

    private static int Tiles(int length) => (length + TransposeTile.Side - 1) / TransposeTile.Side;

    private static T Real(in KernelArgs a) => T.CreateTruncating(a.Reals[0]);
}
