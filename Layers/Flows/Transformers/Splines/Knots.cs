using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Knots of splines, one spline a row.</summary>
internal static class Knots
{
    /// <summary>Knots [rows x bins + 1] from <paramref name="low"/> to <paramref name="high"/>: sizes m + (1 - m K) softmax(raw), added up, both ends exact.</summary>
    /// <returns>The knots, and their distances [rows x bins] as they were before they were added up: a narrow bin keeps its digits.</returns>
    public static (Var Knots, Var Sizes) Soft<T>(Tape<T> tape, Var raw, double least, double low, double high) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var shares = Shares(tape, raw, least);
        return (Between(tape, shares, low, high), tape.Scale(shares, high - low));
    }

    /// <summary>m + (1 - m K) softmax(raw): [rows x bins], rows sum to 1.</summary>
    public static Var Shares<T>(Tape<T> tape, Var raw, double least) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var soft = tape.RowSoftmax(raw);
        return least == 0 ? soft : tape.AddConstant(tape.Scale(soft, 1 - (least * raw.Cols)), least);
    }

    /// <summary>Running sums of shares that sum to 1, scaled to [low, high], both ends exact.</summary>
    public static Var Between<T>(Tape<T> tape, Var shares, double low, double high) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var first = tape.Constant(low, shares.Rows, 1), last = tape.Constant(high, shares.Rows, 1);
        if (shares.Cols == 1) return tape.ConcatColumns(first, last);
        Var inner = tape.RunningSum(tape.SliceColumns(shares, 0, shares.Cols - 1));
        return tape.ConcatColumns(first, tape.AddConstant(tape.Scale(inner, high - low), low), last);
    }

    /// <summary>Where x lies in its bin, from 0 to 1: measured from the nearer knot, so that a narrow bin loses no digits at its ends.</summary>
    public static Var Place<T>(Tape<T> tape, Var x, Var knots, Var sizes, Var bin) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var size = tape.PickColumns(sizes, bin);
        Var fromLeft = tape.Divide(tape.Subtract(x, tape.PickColumns(knots, bin)), size);
        Var fromRight = tape.AddConstant(tape.Divide(tape.Subtract(x, tape.PickColumns(knots, bin, 1)), size), 1);
        return Choose.Of(tape, tape.Inside(fromLeft, double.NegativeInfinity, 0.5), fromLeft, fromRight);
    }

    /// <summary>All columns but the last.</summary>
    public static Var Left<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T> => tape.SliceColumns(v, 0, v.Cols - 1);

    /// <summary>All columns but the first.</summary>
    public static Var Right<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T> => tape.SliceColumns(v, 1, v.Cols - 1);

    /// <summary>Refuses numbers that make no spline.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public static void Check(int bins, double minBinWidth, double minBinHeight)
    {
        if (bins is < 1 or > 4096) throw new ArgumentException($"bins is {bins}; it must lie in 1..4096.");
        if (!(minBinWidth > 0 && minBinWidth * bins < 1)) throw new ArgumentException($"min_bin_width is {minBinWidth}; with {bins} bins it must lie in (0, {1.0 / bins}).");
        if (!(minBinHeight > 0 && minBinHeight * bins < 1)) throw new ArgumentException($"min_bin_height is {minBinHeight}; with {bins} bins it must lie in (0, {1.0 / bins}).");
    }
}
