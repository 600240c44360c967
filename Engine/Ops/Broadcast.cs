using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>How a second operand spreads over a [rows x cols] first one.</summary>
internal enum Broadcast
{
    /// <summary>Same shape.</summary>
    None = 0,

    /// <summary>[1 x cols]: one row for all.</summary>
    Row = 1,

    /// <summary>[rows x 1]: one column for all.</summary>
    Column = 2,

    /// <summary>[1 x 1].</summary>
    Scalar = 3,
}

internal static class BroadcastRules
{
    public static Broadcast Of(string op, Var a, Var b)
    {
        if (b.Rows == a.Rows && b.Cols == a.Cols) return Broadcast.None;
        if (b.Length == 1) return Broadcast.Scalar;
        if (b.Rows == 1 && b.Cols == a.Cols) return Broadcast.Row;
        if (b.Cols == 1 && b.Rows == a.Rows) return Broadcast.Column;
        throw new ArgumentException($"{op}: left is {a.Shape}, right is {b.Shape}; right must be {a.Shape}, 1x{a.Cols}, {a.Rows}x1 or 1x1.");
    }
}

internal static class BroadcastIndex
{
    public static int Of(int broadcast, int row, int column, int columns) => (Broadcast)broadcast switch
    {
        Broadcast.None => row * columns + column,
        Broadcast.Row => column,
        Broadcast.Column => row,
        _ => 0,
    };
}

internal static class SpreadSum
{
    /// <summary>db += scale * (dy summed over what b was spread over).</summary>
    public static void Add<T>(IBackend<T> backend, Broadcast broadcast, Slice dy, Slice db, int rows, int cols, double scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (broadcast)
        {
            case Broadcast.None: BasicKernels<T>.AddScaled(backend, dy, db, scale); break;
            case Broadcast.Row: BasicKernels<T>.ColumnSum(backend, dy, db, rows, cols, scale); break;
            case Broadcast.Column: BasicKernels<T>.RowSum(backend, dy, db, rows, cols, scale); break;
            default: BasicKernels<T>.Sum(backend, dy, db, scale); break;
        }
    }
}
