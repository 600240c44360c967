using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Rows and columns of a row-major matrix [rows x columns]: sums and broadcasts. A destination may be the matrix itself. Single-threaded, sums in an order that the shape alone fixes.</summary>
public static unsafe class MatrixOps
{
    /// <summary>sums[row] += sum of the row; rows = sums.Length.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void RowSum<T>(ReadOnlySpan<T> matrix, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("MatrixOps.RowSum", "matrix", matrix.Length, "sums", sums.Length);
        for (int row = 0; row < sums.Length; row++) sums[row] += VectorOps.Sum(matrix.Slice(row * columns, columns));
    }

    /// <summary>sums[column] += sum of the column; columns = sums.Length. Four rows are added together before they meet the running sum.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ColumnSum<T>(ReadOnlySpan<T> matrix, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = sums.Length;
        int rows = Lengths.Columns("MatrixOps.ColumnSum", "matrix", matrix.Length, "sums", columns);
        fixed (T* pm = matrix, ps = sums)
        {
            int row = 0;
            for (; row + 4 <= rows; row += 4) ElementLoop.Run(new FourRowsPass<T>(pm + ((nint)row * columns), columns, ps), ps, columns);
            for (; row < rows; row++) ElementLoop.Run(new OneRowPass<T>(pm + ((nint)row * columns), ps), ps, columns);
        }
    }

    /// <summary>destination[row, column] = matrix[row, column] + vector[column]. columns = vector.Length.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void AddRowVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = vector.Length;
        int rows = Lengths.Columns("MatrixOps.AddRowVector", "matrix", matrix.Length, "vector", columns);
        Lengths.Same("MatrixOps.AddRowVector", "matrix", matrix.Length, "destination", destination.Length);
        fixed (T* pm = matrix, pv = vector, pd = destination)
            for (nint row = 0; row < rows; row++) ElementLoop.Run(new SumPass<T>(pm + (row * columns), pv), pd + (row * columns), columns);
    }

    /// <summary>destination[row, column] = matrix[row, column] vector[column]. columns = vector.Length.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void MulRowVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = vector.Length;
        int rows = Lengths.Columns("MatrixOps.MulRowVector", "matrix", matrix.Length, "vector", columns);
        Lengths.Same("MatrixOps.MulRowVector", "matrix", matrix.Length, "destination", destination.Length);
        for (int row = 0; row < rows; row++)
            TensorPrimitives.Multiply(matrix.Slice(row * columns, columns), vector, destination.Slice(row * columns, columns));
    }

    /// <summary>destination[row, column] = matrix[row, column] + vector[row]. rows = vector.Length.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void AddColumnVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("MatrixOps.AddColumnVector", "matrix", matrix.Length, "vector", vector.Length);
        Lengths.Same("MatrixOps.AddColumnVector", "matrix", matrix.Length, "destination", destination.Length);
        for (int row = 0; row < vector.Length; row++)
            TensorPrimitives.Add(matrix.Slice(row * columns, columns), vector[row], destination.Slice(row * columns, columns));
    }

    /// <summary>destination[row, column] = matrix[row, column] vector[row]. rows = vector.Length.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void MulColumnVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("MatrixOps.MulColumnVector", "matrix", matrix.Length, "vector", vector.Length);
        Lengths.Same("MatrixOps.MulColumnVector", "matrix", matrix.Length, "destination", destination.Length);
        for (int row = 0; row < vector.Length; row++)
            TensorPrimitives.Multiply(matrix.Slice(row * columns, columns), vector[row], destination.Slice(row * columns, columns));
    }

    /// <summary>destination[row] = log of the sum of exp over the row; rows = destination.Length. Shifted by the row's maximum: never overflows.</summary>
    /// <remarks>A row of -infinities (or without columns) gives -infinity, a row with +infinity gives +infinity, a row with NaN gives NaN.</remarks>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void RowLogSumExp<T>(ReadOnlySpan<T> matrix, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("MatrixOps.RowLogSumExp", "matrix", matrix.Length, "destination", destination.Length);
        for (int row = 0; row < destination.Length; row++)
        {
            ReadOnlySpan<T> x = matrix.Slice(row * columns, columns);
            T max = x.IsEmpty ? T.NegativeInfinity : TensorPrimitives.Max(x);
            if (!T.IsFinite(max))
            {
                destination[row] = max;
                continue;
            }
            fixed (T* px = x)
                destination[row] = max + T.Log(SumLoop.Run<T, ExpTerm<T>>(new ExpTerm<T>(px, max), columns));
        }
    }

    /// <summary>destination[row, column] = exp(matrix[row, column]) / sum of exp over the row. Shifted by the row's maximum: never overflows.</summary>
    /// <remarks>A row with NaN, with +infinity or of -infinities alone has no softmax and gives NaN.</remarks>
    /// <param name="matrix">[rows x columns], row-major.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="destination">[rows x columns]; may be the matrix.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void RowSoftmax<T>(ReadOnlySpan<T> matrix, int rows, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("MatrixOps.RowSoftmax", "matrix", matrix.Length, "rows", rows);
        Lengths.Same("MatrixOps.RowSoftmax", "matrix", matrix.Length, "destination", destination.Length);
        if (columns == 0) return;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<T> x = matrix.Slice(row * columns, columns);
            Span<T> y = destination.Slice(row * columns, columns);
            T max = TensorPrimitives.Max(x);
            fixed (T* px = x, py = y)
                ElementLoop.Run(new ShiftedExpPass<T>(px, max), py, columns);
            TensorPrimitives.Divide(y, VectorOps.Sum<T>(y), y);
        }
    }

    private readonly struct SumPass<T>(T* x, T* y) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> => TLane.Load(x + i) + TLane.Load(y + i);
    }

    private readonly struct OneRowPass<T>(T* row, T* sums) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.Load(sums + i) + TLane.Load(row + i);
    }

    private readonly struct FourRowsPass<T>(T* row, nint columns, T* sums) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.Load(sums + i) + ((TLane.Load(row + i) + TLane.Load(row + columns + i))
                + (TLane.Load(row + (2 * columns) + i) + TLane.Load(row + (3 * columns) + i)));
    }

    private readonly struct ShiftedExpPass<T>(T* x, T shift) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.Exp(TLane.Load(x + i) - TLane.Broadcast(shift));
    }

    private readonly struct ExpTerm<T>(T* x, T shift) : ISumTerm<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane AddTo<TLane>(TLane sum, nint i) where TLane : struct, ILane<TLane, T> =>
            sum + TLane.Exp(TLane.Load(x + i) - TLane.Broadcast(shift));
    }
}
