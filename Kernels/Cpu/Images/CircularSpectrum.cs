using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Circular convolutions with as many channels out as in, one C x C complex matrix a frequency:
/// w^(u, v)[o, c] = sum over i, j of w[o, c, i, j] e^(2 pi i (u (i - AnchorRow) / H + v (j - AnchorColumn) / W)), so that z^ = w^ x^ for
/// the transforms x^(u, v) = sum over h, w of x[h, w] e^(-2 pi i (u h / H + v w / W)).
/// </summary>
/// <remarks>
/// Values are real, so frequencies come in conjugate pairs and only v = 0 .. W/2 are kept: F = H (W/2 + 1) of them, number u (W/2 + 1) + v. Numbers of
/// frequencies are planes: rows of 2 F, the real parts before the imaginary ones. Transforms are matrix products by the definition.
/// </remarks>
public static class CircularSpectrum<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices roots [2 cycle], table [taps x 2F]; sizes the packed shape: what a tap gives to the matrix of a frequency.
    private static readonly KernelId TapTableId = CpuKernels<T>.Define("circular-tap-table", static (in CpuArgs<T> a) =>
        ReferenceSpectrum<T>.TapTable(Shape(a), a[0], a[1]));

    // Slices roots [2 cycle], along columns [2 x W x V], along rows [2H x 2H]; sizes the packed shape.
    private static readonly KernelId TransformTablesId = CpuKernels<T>.Define("circular-transform-tables", static (in CpuArgs<T> a) =>
        ReferenceSpectrum<T>.TransformTables(Shape(a), a[0], a[1], a[2]));

    // Slices roots [2 cycle], table [pixels x 2F]; sizes the packed shape: cos and -sin of all pixels at all frequencies.
    private static readonly KernelId PixelTableId = CpuKernels<T>.Define("circular-pixel-table", static (in CpuArgs<T> a) =>
        ReferenceSpectrum<T>.PixelTable(Shape(a), a[0], a[1]));

    // Slices planes [C C x 2F] (become the inverses), y (optional), first singular frequency and its pivot (optional: without them it is refused), room [4 C C]; sizes the packed shape; real scale.
    private static readonly KernelId InvertId = CpuKernels<T>.Define("circular-invert",
        static (in CpuArgs<T> a) => ReferenceSpectrum<T>.Invert<ScalarLane<T>>(Shape(a), a[0], a.Has(1) ? a[1] : default, a.Has(2) ? a[2] : default, a[3], a.Real(0)),
        static (in CpuArgs<T> a) => ReferenceSpectrum<T>.Invert<VectorLane<T>>(Shape(a), a[0], a.Has(1) ? a[1] : default, a.Has(2) ? a[2] : default, a[3], a.Real(0)));

    // Slices inverses [C C x 2F], their gradient planes, dy; sizes channels, F: the transpose of each matrix, conjugated, times dy.
    private static readonly KernelId AdjointId = CpuKernels<T>.Define("circular-adjoint", static (in CpuArgs<T> a) =>
        ReferenceSpectrum<T>.Adjoint(a.Size(0), a.Size(1), a[0], a[1], a[2][0]));

    // Slices planes of the matrices, of z and of x; sizes batch, channels, F, whether the adjoint matrices are meant.
    private static readonly KernelId MultiplyId = CpuKernels<T>.Define("circular-multiply",
        static (in CpuArgs<T> a) => ReferenceSpectrum<T>.Multiply(a.Size(0), a.Size(1), a.Size(2), a[0], a[1], a[2], a.Size(3) != 0),
        static (in CpuArgs<T> a) => SpectrumProduct<T>.Multiply(a.Size(0), a.Size(1), a.Size(2), a[0], a[1], a[2], a.Size(3) != 0));

    // Up to here one product with all pixels at once is faster than two with columns and rows.
    private const int MostPixelsAtOnce = 100;

    /// <summary>Frequencies kept, F.</summary>
    public static int Frequencies(in ConvShape shape) => shape.Height * Half(shape);

    /// <summary>Elements of the C x C matrices of all frequencies.</summary>
    public static int MatrixLength(in ConvShape shape) => shape.InChannels * shape.InChannels * 2 * Frequencies(shape);

    /// <summary>Elements of the room that <see cref="Invert"/> and <see cref="WeightGradient"/> need.</summary>
    public static int InvertRoom(in ConvShape shape) => (2 * Cycle(shape)) + (shape.Taps * 2 * Frequencies(shape)) + (4 * shape.InChannels * shape.InChannels);

    /// <summary>Elements of the room that <see cref="Apply"/> needs.</summary>
    public static int ApplyRoom(in ConvShape shape, int batch)
        => (2 * Cycle(shape)) + (2 * batch * shape.InChannels * 2 * Frequencies(shape))
            + (shape.Pixels <= MostPixelsAtOnce ? shape.Pixels * 2 * Frequencies(shape) : (2 * shape.Width * Half(shape)) + (4 * shape.Height * shape.Height));

    /// <summary>Whether the shape is a circular one with as many channels out as in, and all lengths are in range for this many images.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Check(string what, in ConvShape shape, int batch = 1)
    {
        shape.Check();
        if (!shape.Circular || shape.InChannels != shape.OutChannels) throw new ArgumentException($"{what}: {shape}; it must be circular, with as many channels out as in.");
        long planes = 2L * Frequencies(shape), channels = shape.InChannels;
        long most = Math.Max((channels * channels * planes) + 2, (2L * Cycle(shape)) + (shape.Taps * planes) + (4 * channels * channels));
        most = Math.Max(most, (2L * Cycle(shape)) + (2L * shape.Width * Half(shape)) + (4L * shape.Height * shape.Height) + (2 * batch * channels * planes));
        if (most > int.MaxValue) throw new ArgumentException($"{what}: {shape}, {batch} images need {most} numbers, which is too many.");
    }

    /// <summary>
    /// Writes the inverses, w^(f)^-1 [c, o] at row c C + o, each times <paramref name="scale"/> and the number of frequencies that f stands for (1 or 2);
    /// and y = log|det| of the whole map, minus infinity where it is singular. By LU with partial pivoting, 32/3 C^3 F + 4 C^2 F taps flops.
    /// </summary>
    /// <param name="backend">Where.</param>
    /// <param name="shape">Geometry.</param>
    /// <param name="weight">[C x C taps].</param>
    /// <param name="inverses">[C C x 2F].</param>
    /// <param name="y">One number, or none.</param>
    /// <param name="singular">Two numbers: the first exactly singular frequency and its pivot, or -1; none asks for an exception.</param>
    /// <param name="room">See <see cref="InvertRoom"/>.</param>
    /// <param name="scale">Factor of the inverses.</param>
    /// <exception cref="SingularMatrixException">The matrix of a frequency is exactly singular and <paramref name="singular"/> is none.</exception>
    public static void Invert(IBackend<T> backend, in ConvShape shape, Slice weight, Slice inverses, Slice y, Slice singular, Slice room, double scale)
    {
        (int p, int q, int r) = shape.Pack();
        int channels = shape.InChannels, planes = 2 * Frequencies(shape);
        Slice table = TapTable(backend, shape, room);
        backend.Gemm(new GemmArgs(channels * channels, planes, shape.Taps, weight, table, inverses));
        backend.Run(InvertId, new KernelArgs([inverses, y, singular, room.Part(room.Length - (4 * channels * channels), 4 * channels * channels)], [0, p, q, r], [scale]));
    }

    /// <summary>dw += dy times the gradient of log|det|: dw[o, c, t] += dy Re sum over f of w^(f)^-1 [c, o] e^(i angle of t at f). The inverses come from <see cref="Invert"/> with scale 1.</summary>
    public static void WeightGradient(IBackend<T> backend, in ConvShape shape, Slice inverses, Slice dy, Slice adjoints, Slice dw, Slice room)
    {
        int channels = shape.InChannels, frequencies = Frequencies(shape);
        Slice table = TapTable(backend, shape, room);
        backend.Run(AdjointId, new KernelArgs([inverses, adjoints, dy], [channels, frequencies]));
        backend.Gemm(new GemmArgs(channels * channels, shape.Taps, 2 * frequencies, adjoints, table, dw) { TransposeB = true, Accumulate = true });
    }

    /// <summary>
    /// x := T^-1 z for rows of images, or T^-T z for <paramref name="adjoint"/>; the inverses come from <see cref="Invert"/> with scale 1 / (H W).
    /// About batch C (4 H W (W + 2 H) + 4 C H W) flops; batch C (4 (H W)^2 + 4 C H W) for images of up to 100 pixels, where that is faster.
    /// </summary>
    public static void Apply(IBackend<T> backend, in ConvShape shape, int batch, Slice inverses, Slice z, Slice x, bool adjoint, Slice room)
    {
        (int p, int q, int r) = shape.Pack();
        if (shape.Pixels <= MostPixelsAtOnce)
        {
            ApplyAtOnce(backend, shape, batch, inverses, z, x, adjoint, room);
            return;
        }
        int height = shape.Height, width = shape.Width, half = Half(shape), block = height * half, planes = 2 * block, images = batch * shape.InChannels, cycle = 2 * Cycle(shape);
        Slice roots = room.Part(0, cycle), columns = room.Part(cycle, 2 * width * half), rows = room.Part(cycle + columns.Length, 4 * height * height);
        Slice first = room.Part(cycle + columns.Length + rows.Length, images * planes), second = room.Part(cycle + columns.Length + rows.Length + first.Length, images * planes);
        Slice cos = columns.Part(0, width * half), sin = columns.Part(width * half, width * half);
        backend.Run(TransformTablesId, new KernelArgs([roots, columns, rows], [0, p, q, r]));

        // Real parts and imaginary parts of an image are one below the other, [2H x V].
        backend.Gemm(new GemmArgs(height, half, width, z, cos, first) { Batch = images, StrideA = height * width, StrideC = planes });
        backend.Gemm(new GemmArgs(height, half, width, z, sin, first.Part(block, first.Length - block)) { Batch = images, StrideA = height * width, StrideC = planes });
        backend.Gemm(new GemmArgs(2 * height, half, 2 * height, rows, first, second) { Batch = images, StrideB = planes, StrideC = planes });
        backend.Run(MultiplyId, new KernelArgs([inverses, second, first], [batch, shape.InChannels, block, adjoint ? 1 : 0]));
        backend.Gemm(new GemmArgs(2 * height, half, 2 * height, rows, first, second) { TransposeA = true, Batch = images, StrideB = planes, StrideC = planes });
        backend.Gemm(new GemmArgs(height, width, half, second, cos, x) { TransposeB = true, Batch = images, StrideA = planes, StrideC = height * width });
        backend.Gemm(new GemmArgs(height, width, half, second.Part(block, second.Length - block), sin, x) { TransposeB = true, Accumulate = true, Batch = images, StrideA = planes, StrideC = height * width });
    }

    private static void ApplyAtOnce(IBackend<T> backend, in ConvShape shape, int batch, Slice inverses, Slice z, Slice x, bool adjoint, Slice room)
    {
        (int p, int q, int r) = shape.Pack();
        int frequencies = Frequencies(shape), planes = 2 * frequencies, images = batch * shape.InChannels, cycle = 2 * Cycle(shape);
        Slice roots = room.Part(0, cycle), table = room.Part(cycle, shape.Pixels * planes);
        Slice first = room.Part(cycle + table.Length, images * planes), second = room.Part(cycle + table.Length + first.Length, images * planes);
        backend.Run(PixelTableId, new KernelArgs([roots, table], [0, p, q, r]));
        backend.Gemm(new GemmArgs(images, planes, shape.Pixels, z, table, first));
        backend.Run(MultiplyId, new KernelArgs([inverses, first, second], [batch, shape.InChannels, frequencies, adjoint ? 1 : 0]));
        // Re(x^ e^(i angle)) = re cos - im sin: the same table back.
        backend.Gemm(new GemmArgs(images, shape.Pixels, planes, second, table, x) { TransposeB = true });
    }

    internal static int Half(in ConvShape shape) => (shape.Width / 2) + 1;

    // All angles are multiples of 2 pi / cycle.
    internal static int Cycle(in ConvShape shape) => shape.Height / Gcd(shape.Height, shape.Width) * shape.Width;

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);

    private static Slice TapTable(IBackend<T> backend, in ConvShape shape, Slice room)
    {
        (int p, int q, int r) = shape.Pack();
        int cycle = 2 * Cycle(shape);
        Slice table = room.Part(cycle, shape.Taps * 2 * Frequencies(shape));
        backend.Run(TapTableId, new KernelArgs([room.Part(0, cycle), table], [0, p, q, r]));
        return table;
    }

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(1), a.Size(2), a.Size(3));
}
