using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the kernels of batched log-determinants and solves run. All of them, since the pivots lie as numbers here and as integers on the host.</summary>
internal static class BatchedLuLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int MostItems = 128;

    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices matrices (become their factors), pivots, y; sizes order, count.
        kernels.Add("batched-log-abs-det", static (gpu, in a) =>
        {
            if (a.Sizes[1] == 0) return;
            Factor(gpu, a);
            gpu.Launch(new Grid(a.Sizes[1], 1, 1, Items(gpu)), new LogAbsDetKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), a.Sizes[0], gpu.Read(Pivots(a)), gpu.Write(a.Slices[2]), 0));
        });

        // Slices factors, pivots, dy, dA, room; sizes order, count.
        kernels.Add("batched-log-abs-det-backward", static (gpu, in a) =>
        {
            Slice x = InverseTransposed(gpu, a, a.Slices[2]);
            gpu.Each(x.Length, new AddScaledKernel<T, TView, TLane>(gpu.Read(x), gpu.Update(a.Slices[3].Part(0, x.Length)), T.One));
        });

        // Slices factors, pivots, tangents of A, tangent of y, room; sizes order, count.
        kernels.Add("batched-log-abs-det-jvp", static (gpu, in a) =>
        {
            Slice x = InverseTransposed(gpu, a, Slice.None);
            Reduction<T, TView, TLane>.Rows(gpu, a.Sizes[1], a.Sizes[0] * a.Sizes[0], new DotTerm<T, TView, TLane>(gpu.Read(a.Slices[2]), gpu.Read(x)), a.Slices[3]);
        });

        // Slices matrices (become their factors), pivots, z (becomes x); sizes order, count.
        kernels.Add("batched-solve", static (gpu, in a) =>
        {
            if (a.Sizes[1] == 0) return;
            Factor(gpu, a);
            Check(gpu, a);
            Solve(gpu, a, a.Slices[2], 1, transposed: 0);
        });

        // Slices factors, pivots, b; sizes order, count.
        kernels.Add("batched-solve-again", static (gpu, in a) => Solve(gpu, a, a.Slices[2], 1, transposed: 0));
        kernels.Add("batched-solve-transposed", static (gpu, in a) => Solve(gpu, a, a.Slices[2], 1, transposed: 1));

        // Slices matrices, x, y; sizes order, count.
        kernels.Add("batched-subtract-product", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new BatchedSubtractProductKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), a.Sizes[0])));

        // Slices u, v, matrices; sizes order, count.
        kernels.Add("batched-subtract-outer", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new BatchedSubtractOuterKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), a.Sizes[0])));
    }

    private static Slice Pivots(in KernelArgs a) => a.Slices[1].Part(0, a.Sizes[0] * a.Sizes[1]);

    private static int Items(GpuContext<T, TView, TLane> gpu) => Math.Min(gpu.Items, MostItems);

    private static void Factor(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
        => gpu.Launch(new Grid(a.Sizes[1], 1, 1, Items(gpu)), new BatchedLuKernel<T, TView, TLane>(gpu.Update(a.Slices[0]), gpu.Write(Pivots(a)), a.Sizes[0]));

    private static void Check(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
        => gpu.Launch(new Grid(1, 1, 1, gpu.Items), new ZeroPivotKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), a.Sizes[0], a.Sizes[1], gpu.Update(gpu.PivotFlag("Batched LU", a.Sizes[0]))));

    private static void Solve(GpuContext<T, TView, TLane> gpu, in KernelArgs a, Slice b, int columns, int transposed)
        => gpu.Each(a.Sizes[1] * columns, new BatchedSolveKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(Pivots(a)), gpu.Update(b.Part(0, a.Sizes[1] * a.Sizes[0] * columns)), a.Sizes[0], columns, transposed));

    // s_i A_i^-T below each other.
    private static Slice InverseTransposed(GpuContext<T, TView, TLane> gpu, in KernelArgs a, Slice scales)
    {
        int n = a.Sizes[0], count = a.Sizes[1];
        if (count == 0) return gpu.Scratch(0, of: 1);
        Check(gpu, a);
        Slice x = gpu.Scratch(checked(count * n * n), of: 1);
        gpu.Each(x.Length, new ScaledIdentityKernel<T, TView>(gpu.Write(x), gpu.Read(scales), n));
        Solve(gpu, a, x, n, transposed: 1);
        return x;
    }
}
