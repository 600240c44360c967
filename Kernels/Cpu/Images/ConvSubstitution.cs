using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Solves T x = z or T^T x = z where T is a masked convolution: anchored in its last row and column, zeros outside, the last tap lower triangular over
/// (out, in) channels. T is then lower triangular with the pixels in raster order and the channels of a pixel one after another: substitution.
/// </summary>
/// <remarks>Weights of the last tap above its diagonal are neither read nor written. Growth is that of the map's inverse: large taps beside small diagonals make it exponential in the number of pixels.</remarks>
public static class ConvSubstitution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices w, right-hand sides (become the solution); sizes batch, the packed shape, transpose.
    private static readonly KernelId SolveId = CpuKernels<T>.Define("conv-substitution",
        static (in CpuArgs<T> a) =>
        {
            ConvShape shape = Shape(a);
            RequireDiagonal(shape, a[0]);
            if (a.Size(4) != 0) ReferenceConvSubstitution<T>.SolveTransposed(shape, a.Size(0), a[0], a[1]);
            else ReferenceConvSubstitution<T>.Solve(shape, a.Size(0), a[0], a[1]);
        },
        static (in CpuArgs<T> a) =>
        {
            ConvShape shape = Shape(a);
            RequireDiagonal(shape, a[0]);
            ConvSubstitutionWork<T>.Current.Run(shape, a.Size(0), a[0], a[1], a.Size(4) != 0, a.Workers);
        });

    // Slices m, y: y += m without the entries above the diagonal of the last tap. Sizes channels, taps.
    private static readonly KernelId AddMaskedId = CpuKernels<T>.Define("add-causal-kernel", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> m = a[0];
        Span<T> y = a[1];
        int channels = a.Size(0), taps = a.Size(1);
        for (int o = 0; o < channels; o++)
            for (int c = 0; c < channels; c++)
            {
                int at = ((o * channels) + c) * taps;
                for (int t = 0; t < (c <= o ? taps : taps - 1); t++) y[at + t] += m[at + t];
            }
    });

    /// <summary>x := T^-1 x, or T^-T x, for every image. Cost batch Products multiply-adds; rows are solved side by side.</summary>
    /// <exception cref="SingularMatrixException">A number on the diagonal of the last tap is zero.</exception>
    public static void Solve(IBackend<T> backend, in ConvShape shape, int batch, Slice w, Slice x, bool transpose)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(SolveId, new KernelArgs([w, x], [batch, p, q, r, transpose ? 1 : 0]));
    }

    /// <summary>y += m, kernels [C x C taps], without the entries above the diagonal of the last tap.</summary>
    public static void AddMasked(IBackend<T> backend, in ConvShape shape, Slice m, Slice y)
        => backend.Run(AddMaskedId, new KernelArgs([m, y], [shape.OutChannels, shape.Taps]));

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(1), a.Size(2), a.Size(3));

    private static void RequireDiagonal(in ConvShape s, ReadOnlySpan<T> w)
    {
        for (int c = 0; c < s.OutChannels; c++)
            if (w[(((c * s.InChannels) + c + 1) * s.Taps) - 1] == T.Zero) throw new SingularMatrixException("ConvSubstitution", s.OutChannels, c);
    }
}
