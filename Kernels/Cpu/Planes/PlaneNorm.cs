using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>The 2-norm of a plane, summed in double.</summary>
/// <remarks>
/// The order of the additions is fixed: chunks of <see cref="Chunk"/> elements; in a chunk eight running sums, element i going to sum i mod 8;
/// so the bits depend neither on the threads nor on the width of the machine's vectors.
/// </remarks>
public static unsafe class PlaneNorm<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    internal const int Chunk = 1 << 16;

    private const int LongestUnsplit = 1 << 20;

    private static readonly KernelId NormId = CpuKernels<T>.Define("norm2",
        static (in CpuArgs<T> a) =>
        {
            double sum = 0;
            foreach (T x in a[0]) sum += double.CreateTruncating(x) * double.CreateTruncating(x);
            a[1][0] = T.CreateTruncating(Math.Sqrt(sum));
        },
        Fast);

    [ThreadStatic]
    private static Chunks? t_chunks;

    /// <summary>y[0] := square root of the sum of squares of x, accumulated in double; infinite if that sum overflows.</summary>
    public static void Norm2(IBackend<T> backend, Slice x, Slice y) => backend.Run(NormId, new KernelArgs([x, y]));

    private static void Fast(in CpuArgs<T> args)
    {
        Span<T> x = args[0];
        int count = (x.Length + Chunk - 1) / Chunk;
        Chunks chunks = t_chunks ??= new Chunks();
        if (chunks.Sums.Length < count) chunks.Sums = new double[count];
        fixed (T* p = x)
        {
            chunks.X = p;
            chunks.Length = x.Length;
            if (x.Length > LongestUnsplit) args.Workers.Run(chunks, count);
            else for (int i = 0; i < count; i++) chunks.Execute(i);
        }
        double sum = 0;
        for (int i = 0; i < count; i++) sum += chunks.Sums[i];
        args[1][0] = T.CreateTruncating(Math.Sqrt(sum));
    }

    private static double SumOfSquares(T* x, int length)
    {
        // Two 256-bit sums are the eight numbers on every machine; narrower ones split them in turn.
        Vector256<double> low = default, high = default;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector256<double> a, b;
            if (typeof(T) == typeof(float)) (a, b) = Vector256.Widen(Vector256.Load((float*)x + i));
            else (a, b) = (Vector256.Load((double*)x + i), Vector256.Load((double*)x + i + 4));
            low += a * a;
            high += b * b;
        }
        double sum = Sum(low) + Sum(high);
        for (; i < length; i++) sum += double.CreateTruncating(x[i]) * double.CreateTruncating(x[i]);
        return sum;
    }

    // Vector256.Sum leaves the order to the machine.
    private static double Sum(Vector256<double> v) => v[0] + v[1] + (v[2] + v[3]);

    private sealed class Chunks : WorkItem
    {
        public T* X;
        public int Length;
        public double[] Sums = new double[64];

        public override void Execute(int index)
        {
            int from = index * Chunk;
            Sums[index] = SumOfSquares(X + from, Math.Min(Chunk, Length - from));
        }
    }
}
