using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How rational-quadratic splines run: an element an item; shapes as in <see cref="RationalQuadratic"/>.</summary>
internal static class SplineLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    // Numbers that an element leaves for the gradient of shared parameters.
    private const int KnotNumbers = 7;

    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        kernels.Add("rational-quadratic-spline", static (gpu, in a) => Value(gpu, a, 0));
        kernels.Add("rational-quadratic-spline-inverse", static (gpu, in a) => Value(gpu, a, 1));
        kernels.Add("rational-quadratic-spline-backward", static (gpu, in a) => Gradient(gpu, a, 0));
        kernels.Add("rational-quadratic-spline-inverse-backward", static (gpu, in a) => Gradient(gpu, a, 1));
    }

    // Slices in, raw, settings, out, log-det; sizes bins.
    private static void Value(GpuContext<T, TView, TLane> gpu, in KernelArgs a, int inverse)
    {
        Slice output = a.Slices[3];
        (int columns, int splines, _) = RationalQuadratic.Shape(a.Slices[0].Length, output.Length, a.Slices[4].Length, a.Slices[1].Length, a.Sizes[0]);
        if (output.Length == 0) return;
        Slice logSlope = gpu.Scratch(output.Length);
        gpu.Each(output.Length, new SplineValueKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), gpu.Write(output), gpu.Write(logSlope), a.Sizes[0], splines, inverse));
        Reduction<T, TView, TLane>.WholeRows(gpu, a.Slices[4].Length, columns, new SumTerm<T, TView, TLane>(gpu.Read(logSlope)), a.Slices[4], inverse != 0 ? -1 : 1);
    }

    // Slices in, out, raw, settings, dout, dlogdet, din, draw; sizes bins.
    private static void Gradient(GpuContext<T, TView, TLane> gpu, in KernelArgs a, int inverse)
    {
        Slice raw = a.Slices[2], dOutput = a.Slices[4], dRaw = a.Slices[7];
        int rows = a.Slices[5].Length, bins = a.Sizes[0], n = dOutput.Length;
        (int columns, int splines, int length) = RationalQuadratic.Shape(a.Slices[0].Length, n, rows, raw.Length, bins);
        if (n == 0) return;
        bool isShared = splines == columns && rows > 1 && dRaw.Length > 0;
        int entries = columns * length;
        int partials = isShared ? Reduction<T, TView, TLane>.ColumnScratch<SplineKnotTerm<T, TView, TLane>>(rows, entries) : 0;
        Slice scratch = isShared ? gpu.Scratch(checked((KnotNumbers * n) + entries + partials)) : Slice.None;
        Slice knots = isShared ? scratch.Part(0, KnotNumbers * n) : Slice.None;
        gpu.Each(n, new SplineGradientKernel<T, TView, TLane>(
            gpu.Read(a.Slices[0]), gpu.Read(raw), gpu.Read(a.Slices[3]), gpu.Read(dOutput), gpu.Read(a.Slices[5]), gpu.Update(a.Slices[6]),
            isShared ? default : gpu.Update(dRaw), gpu.Write(knots), columns, bins, splines, inverse));
        if (!isShared) return;
        Slice sums = scratch.Part(KnotNumbers * n, entries);
        Reduction<T, TView, TLane>.Columns(
            gpu, rows, entries, new SplineKnotTerm<T, TView, TLane>(gpu.Read(knots), n, bins), sums, Slice.None, scratch.Part((KnotNumbers * n) + entries, partials), 1, adds: false);
        gpu.Each(splines, new SplineRawKernel<T, TView, TLane>(gpu.Read(raw), gpu.Read(a.Slices[3]), gpu.Read(sums), gpu.Update(dRaw), splines, bins));
    }
}
