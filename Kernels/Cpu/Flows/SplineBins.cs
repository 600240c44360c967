using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The bins that a few lanes of elements fall into, in memory between the stages of a pass: for each lane the rows of <see cref="SplineRow"/>.</summary>
internal readonly unsafe struct SplineBins<TLane, T>(T* rows, int rowsALane)
    where TLane : struct, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Get(int lane, int row) => TLane.Load(rows + (((lane * rowsALane) + row) * TLane.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(int lane, int row, TLane value) => TLane.Store(value, rows + (((lane * rowsALane) + row) * TLane.Width));
}

/// <summary>Rows of <see cref="SplineBins{TLane, T}"/>.</summary>
internal static class SplineRow
{
    /// <summary>What is looked up, inside the bounds.</summary>
    public const int Input = 0;

    /// <summary>Left knot, width, lower knot, height.</summary>
    public const int X = 1, W = 2, Y = 3, H = 4;

    /// <summary>Slopes at the two knots (raw at first), and number of the bin.</summary>
    public const int Left = 5, Right = 6, Index = 7;

    /// <summary>Derivatives of the slopes by their raw parameters.</summary>
    public const int LeftDerivative = 8, RightDerivative = 9;

    /// <summary>Rows that forward and inverse use.</summary>
    public const int ValueCount = 10;

    /// <summary>Gradients of the knots; the last two are those of raw slopes.</summary>
    public const int DLeftX = 10, DRightX = 11, DLeftY = 12, DRightY = 13, DLeftSlope = 14, DRightSlope = 15;

    /// <summary>Rows that backward uses.</summary>
    public const int Count = 16;
}
