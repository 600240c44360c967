using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Solves with the square matrix T of a zero-padded convolution, by an LU with partial pivoting of its band (<see cref="ConvLines"/>). With
/// half-bandwidth p about 4 D p^2 flops to factor and 6 D p a right-hand side. The factors' memory is <see cref="FactorLength"/> numbers; only
/// the backend that made them can read them.
/// </summary>
public static unsafe class ConvBand<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices w, factors; sizes the packed shape.
    private static readonly KernelId FactorId = CpuKernels<T>.Define("conv-band-factor",
        static (in CpuArgs<T> a) => Factor(a, naive: true), static (in CpuArgs<T> a) => Factor(a, naive: false));

    // Slices factors, y; sizes the packed shape.
    private static readonly KernelId LogAbsDetId = CpuKernels<T>.Define("conv-band-log-abs-det", static (in CpuArgs<T> a) =>
    {
        fixed (T* factors = a[0]) a[1][0] = T.CreateTruncating(BandedLu.LogAbsDet(new ConvLines(Shape(a)).Band, factors));
    });

    // Slices factors, z, x, work; sizes the packed shape, rows, transposed.
    private static readonly KernelId SolveId = CpuKernels<T>.Define("conv-band-solve",
        static (in CpuArgs<T> a) => Solve(a, naive: true), static (in CpuArgs<T> a) => Solve(a, naive: false));

    // Slices factors, dw, work; sizes the packed shape; real alpha.
    private static readonly KernelId GradientId = CpuKernels<T>.Define("conv-band-gradient",
        static (in CpuArgs<T> a) => AddGradient(a, naive: true), static (in CpuArgs<T> a) => AddGradient(a, naive: false));

    /// <summary>Columns of the inverse that <see cref="AddGradient(IBackend{T}, in ConvShape, Slice, Slice, Slice, double)"/> makes at a time.</summary>
    internal const int Columns = 64;

    /// <summary>Numbers that the factors take, pivots included.</summary>
    /// <exception cref="ArgumentException">More than a slice can hold.</exception>
    public static int FactorLength(in ConvShape shape)
    {
        Band band = new ConvLines(shape).Band;
        long length = band.Length + band.N;
        return length <= int.MaxValue ? (int)length : throw new ArgumentException($"the band of {shape} takes {length} numbers; that is too many.");
    }

    /// <summary>Numbers of the work memory of <see cref="Solve(IBackend{T}, in ConvShape, Slice, int, Slice, Slice, Slice, bool)"/>.</summary>
    public static int SolveWork(in ConvShape shape, int rows) => checked(shape.InLength * rows);

    /// <summary>Numbers of the work memory of <see cref="AddGradient(IBackend{T}, in ConvShape, Slice, Slice, Slice, double)"/>.</summary>
    public static int GradientWork(in ConvShape shape) => checked(shape.InLength * Math.Min(Columns, shape.InLength));

    /// <summary>Factors T(w). A singular T is seen by whoever uses the factors.</summary>
    public static void Factor(IBackend<T> backend, in ConvShape shape, Slice w, Slice factors)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(FactorId, new KernelArgs([w, factors], [p, q, r]));
    }

    /// <summary>y := log|det T|, -infinity for a singular T.</summary>
    public static void LogAbsDet(IBackend<T> backend, in ConvShape shape, Slice factors, Slice y)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(LogAbsDetId, new KernelArgs([factors, y], [p, q, r]));
    }

    /// <summary>T x = z, or T^T x = z, for each row of z; x may be z.</summary>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public static void Solve(IBackend<T> backend, in ConvShape shape, Slice factors, int rows, Slice z, Slice x, Slice work, bool transposed)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(SolveId, new KernelArgs([factors, z, x, work], [p, q, r, rows, transposed ? 1 : 0]));
    }

    /// <summary>dw += alpha times the gradient of log|det T(w)|: for each tap the sum over its occurrences (p, q) of T^-1[q, p], a few columns of the inverse at a time. 6 D^2 p flops.</summary>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public static void AddGradient(IBackend<T> backend, in ConvShape shape, Slice factors, Slice dw, Slice work, double alpha)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(GradientId, new KernelArgs([factors, dw, work], [p, q, r], [alpha]));
    }

    internal static void Factor(in ConvShape shape, ReadOnlySpan<T> weight, T* factors, bool naive, Workers? workers)
    {
        var lines = new ConvLines(shape);
        Band band = lines.Band;
        new Span<T>(factors, (int)band.Length).Clear();
        Fill(lines, band, weight, factors);
        if (naive) ReferenceBandedLu.Factor(band, factors, factors + band.Length);
        else _ = BandedLu.Factor(band, factors, factors + band.Length, workers);
    }

    internal static void AddGradient(in ConvShape shape, T* factors, Span<T> dw, T* work, T alpha, bool naive, Workers? workers)
    {
        var lines = new ConvLines(shape);
        Band band = lines.Band;
        BandedLu.RequirePivots(band, factors, "gradient of log|det| of a convolution");
        for (int first = 0; first < band.N; first += Columns)
        {
            int count = Math.Min(Columns, band.N - first);
            new Span<T>(work, band.N * count).Clear();
            for (int k = 0; k < count; k++) work[((first + k) * count) + k] = T.One;
            if (naive) ReferenceBandedLu.Solve(band, factors, factors + band.Length, work, count);
            else BandedLu.Solve(band, factors, factors + band.Length, work, count, workers);
            for (int k = 0; k < count; k++) AddColumn(lines, first + k, work + k, count, alpha, dw);
        }
    }

    // Column p of T^-1, with stride: its elements at the inputs of output p.
    private static void AddColumn(in ConvLines s, int p, T* column, int stride, T alpha, Span<T> dw)
    {
        int o = p % s.Channels, place = p / s.Channels % s.Length, line = p / s.Channels / s.Length;
        for (int i = 0; i < s.TapsAcross; i++)
            for (int j = 0; j < s.TapsAlong; j++)
            {
                int fromLine = line + i - s.AnchorAcross, from = place + j - s.AnchorAlong;
                if ((uint)fromLine >= (uint)s.Lines || (uint)from >= (uint)s.Length) continue;
                T* element = column + (((fromLine * s.Length) + from) * (nint)s.Channels * stride);
                for (int c = 0; c < s.Channels; c++) dw[s.Tap(o, c, i, j)] += alpha * element[c * (nint)stride];
            }
    }

    private static void Fill(in ConvLines s, Band band, ReadOnlySpan<T> weight, T* factors)
    {
        T* a = factors + band.Origin;
        for (int o = 0; o < s.Channels; o++)
            for (int c = 0; c < s.Channels; c++)
                for (int i = 0; i < s.TapsAcross; i++)
                    for (int j = 0; j < s.TapsAlong; j++)
                    {
                        T w = weight[s.Tap(o, c, i, j)];
                        int line0 = Math.Max(0, s.AnchorAcross - i), line1 = Math.Min(s.Lines, s.Lines + s.AnchorAcross - i);
                        int place0 = Math.Max(0, s.AnchorAlong - j), place1 = Math.Min(s.Length, s.Length + s.AnchorAlong - j);
                        int away = ((((i - s.AnchorAcross) * s.Length) + j - s.AnchorAlong) * s.Channels) + c - o;
                        for (int line = line0; line < line1; line++)
                            for (int place = place0; place < place1; place++)
                            {
                                nint row = (((line * s.Length) + place) * s.Channels) + o;
                                a[(row * band.Stride) + row + away] = w;
                            }
                    }
    }

    private static void Factor(in CpuArgs<T> a, bool naive)
    {
        ConvShape shape = Shape(a);
        Check.Vector(a[1].Length, FactorLength(shape), "ConvBand.Factor", "factors");
        fixed (T* factors = a[1]) Factor(shape, a[0], factors, naive, a.Workers);
    }

    private static void AddGradient(in CpuArgs<T> a, bool naive)
    {
        ConvShape shape = Shape(a);
        Check.Vector(a[0].Length, FactorLength(shape), "ConvBand.AddGradient", "factors");
        Check.Vector(a[2].Length, GradientWork(shape), "ConvBand.AddGradient", "work");
        fixed (T* factors = a[0], work = a[2]) AddGradient(shape, factors, a[1], work, a.Real(0), naive, a.Workers);
    }

    private static void Solve(in CpuArgs<T> a, bool naive)
    {
        ConvShape shape = Shape(a);
        int rows = a.Size(3);
        var lines = new ConvLines(shape);
        Band band = lines.Band;
        Check.Vector(a[0].Length, FactorLength(shape), "ConvBand.Solve", "factors");
        Check.Matrix(a[1].Length, rows, band.N, "ConvBand.Solve", "z");
        Check.Matrix(a[2].Length, rows, band.N, "ConvBand.Solve", "x");
        Check.Matrix(a[3].Length, rows, band.N, "ConvBand.Solve", "work");
        if (rows == 0) return;
        fixed (T* factors = a[0], z = a[1], x = a[2], work = a[3])
        {
            BandedLu.RequirePivots(band, factors, "inverse of a convolution");
            ConvColumns.Gather(lines, rows, z, work);
            T* pivots = factors + band.Length;
            if (naive && a.Size(4) != 0) ReferenceBandedLu.SolveTransposed(band, factors, pivots, work, rows);
            else if (naive) ReferenceBandedLu.Solve(band, factors, pivots, work, rows);
            else if (a.Size(4) != 0) BandedLu.SolveTransposed(band, factors, pivots, work, rows, a.Workers);
            else BandedLu.Solve(band, factors, pivots, work, rows, a.Workers);
            ConvColumns.Scatter(lines, rows, work, x);
        }
    }

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(0), a.Size(1), a.Size(2));
}
