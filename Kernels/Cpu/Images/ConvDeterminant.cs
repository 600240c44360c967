using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// log|det T(w)| of a zero-padded convolution with equal channels, exactly, and its gradient. Fast: block elimination (<see cref="ConvBlockLu{T}"/>);
/// where that is not accurate, the band with partial pivoting (<see cref="ConvBand{T}"/>), slower. Reference: the dense matrix.
/// </summary>
public static unsafe class ConvDeterminant<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices w, kept, y, work; sizes the packed shape. kept[0]: where the blocks settled, or -1 when the band must be used.
    private static readonly KernelId ValueId = CpuKernels<T>.Define("conv-log-abs-det",
        static (in CpuArgs<T> a) => a[2][0] = DenseValue(Shape(a), a[0]), static (in CpuArgs<T> a) => Value(a));

    // Slices w, kept, dw, work; sizes the packed shape; real alpha.
    private static readonly KernelId GradientId = CpuKernels<T>.Define("conv-log-abs-det-gradient",
        static (in CpuArgs<T> a) => AddDenseGradient(Shape(a), a[0], a[2], Alpha(a)), static (in CpuArgs<T> a) => AddGradient(a));

    private static long _fallbacks;

    /// <summary>How often in this process the block elimination was not accurate enough and the band was factored.</summary>
    public static long Fallbacks => Interlocked.Read(ref _fallbacks);

    /// <summary>Numbers kept from the value to the gradient.</summary>
    /// <exception cref="ArgumentException">More than a slice can hold.</exception>
    public static int KeptLength(in ConvShape shape) => Fits(shape, 1 + ConvBlockLu<T>.KeptLength(new ConvBlocks(shape)));

    /// <summary>Numbers of work memory.</summary>
    /// <exception cref="ArgumentException">More than a slice can hold.</exception>
    public static int WorkLength(in ConvShape shape) => Fits(shape, ConvBlockLu<T>.WorkLength(new ConvBlocks(shape)));

    /// <summary>y := log|det T(w)|; -infinity for an exactly singular T.</summary>
    public static void Value(IBackend<T> backend, in ConvShape shape, Slice w, Slice kept, Slice y, Slice work)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(ValueId, new KernelArgs([w, kept, y, work], [p, q, r]));
    }

    /// <summary>dw += alpha (times the number in <paramref name="factor"/>, where given) times the gradient, from the same w and what <see cref="Value(IBackend{T}, in ConvShape, Slice, Slice, Slice, Slice)"/> kept.</summary>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public static void AddGradient(IBackend<T> backend, in ConvShape shape, Slice w, Slice kept, Slice dw, Slice work, double alpha, Slice factor)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(GradientId, new KernelArgs([w, kept, dw, work, factor], [p, q, r], [alpha]));
    }

    private static void Value(in CpuArgs<T> a)
    {
        ConvShape shape = Shape(a);
        Check.Vector(a[1].Length, KeptLength(shape), "ConvDeterminant.Value", "kept");
        Check.Vector(a[3].Length, WorkLength(shape), "ConvDeterminant.Value", "work");
        double value;
        bool accurate;
        int settled;
        fixed (T* kept = a[1], work = a[3]) accurate = ConvBlockLu<T>.Factor(new ConvBlocks(shape), a[0], kept + 1, work, out value, out settled, a.Workers);
        if (!accurate)
        {
            Interlocked.Increment(ref _fallbacks);
            using var factors = new Scratch<T>(ConvBand<T>.FactorLength(shape));
            ConvBand<T>.Factor(shape, a[0], factors.Pointer, naive: false, a.Workers);
            value = BandedLu.LogAbsDet(new ConvLines(shape).Band, factors.Pointer);
        }

        a[1][0] = accurate ? T.CreateTruncating(settled) : T.NegativeOne;
        a[2][0] = T.CreateTruncating(value);
    }

    private static void AddGradient(in CpuArgs<T> a)
    {
        ConvShape shape = Shape(a);
        Check.Vector(a[1].Length, KeptLength(shape), "ConvDeterminant.AddGradient", "kept");
        Check.Vector(a[3].Length, WorkLength(shape), "ConvDeterminant.AddGradient", "work");
        if (a[1][0] >= T.Zero)
        {
            fixed (T* kept = a[1], work = a[3]) ConvBlockLu<T>.AddGradient(new ConvBlocks(shape), a[0], kept + 1, int.CreateTruncating(kept[0]), a[2], Alpha(a), work, a.Workers);
            return;
        }

        using var factors = new Scratch<T>(ConvBand<T>.FactorLength(shape));
        using var columns = new Scratch<T>(ConvBand<T>.GradientWork(shape));
        ConvBand<T>.Factor(shape, a[0], factors.Pointer, naive: false, a.Workers);
        ConvBand<T>.AddGradient(shape, factors.Pointer, a[2], columns.Pointer, Alpha(a), naive: false, a.Workers);
    }

    private static T Alpha(in CpuArgs<T> a) => a.Has(4) ? T.CreateTruncating(a.Real64(0) * double.CreateTruncating(a[4][0])) : a.Real(0);

    private static T DenseValue(in ConvShape shape, ReadOnlySpan<T> weight)
    {
        int d = shape.InLength;
        using var matrix = new Scratch<T>(checked(d * d));
        using var exchanges = new Scratch<int>(d);
        Span<T> t = new(matrix.Pointer, d * d);
        Span<int> pivots = new(exchanges.Pointer, d);
        ConvMatrix<T>.Build(shape, weight, t);
        _ = ReferenceFactor.Lu(t, d, pivots);
        return T.CreateTruncating(Lu.LogAbsDet<T>(t, d, pivots, out _));
    }

    private static void AddDenseGradient(in ConvShape shape, ReadOnlySpan<T> weight, Span<T> dw, T alpha)
    {
        int d = shape.InLength;
        using var matrix = new Scratch<T>(checked(d * d));
        using var result = new Scratch<T>(d * d);
        using var exchanges = new Scratch<int>(d);
        Span<T> t = new(matrix.Pointer, d * d), inverse = new(result.Pointer, d * d);
        Span<int> pivots = new(exchanges.Pointer, d);
        ConvMatrix<T>.Build(shape, weight, t);
        int zero = ReferenceFactor.Lu(t, d, pivots);
        if (zero >= 0) throw new SingularMatrixException("gradient of log|det| of a convolution", d, zero);
        ReferenceFactor.Inverse<T>(t, d, pivots, inverse);
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) t[(i * d) + j] = inverse[(j * d) + i];
        ConvMatrix<T>.AddTaps(shape, t, dw, alpha);
    }

    private static int Fits(in ConvShape shape, long length)
        => length <= int.MaxValue ? (int)length : throw new ArgumentException($"the blocks of {shape} take {length} numbers; that is too many.");

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(0), a.Size(1), a.Size(2));
}
