using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Takes raw parameters [rows x D P], feature by feature, apart.</summary>
internal static class RawParameters
{
    /// <summary>Checks the shape at the door.</summary>
    /// <exception cref="ArgumentException">The number of columns is not D P, or the rows fit neither the batch nor 1.</exception>
    public static void Check<T>(ITransformer<T> transformer, Var x, Var raw) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int p = transformer.ParametersPerFeature;
        if (raw.Cols != x.Cols * p || (raw.Rows != 1 && raw.Rows != x.Rows))
            throw new ArgumentException($"{transformer.Kind}: input is {x.Shape}, raw parameters are {raw.Shape}; with {p} a feature they must be {x.Rows}x{x.Cols * p} or 1x{x.Cols * p}.");
    }

    /// <summary>One element of x a row: [batch D x P]. Parameters that all rows share are repeated.</summary>
    public static Var PerElement<T>(Tape<T> tape, Var x, Var raw) where T : unmanaged, IFloatingPointIeee754<T>
        => Spread(tape, raw, x.Rows).Reshape(x.Length, raw.Cols / x.Cols);

    /// <summary>Parameter number <paramref name="index"/> of every feature: [rows x D].</summary>
    public static Var Part<T>(Tape<T> tape, Var raw, int parametersPerFeature, int index) where T : unmanaged, IFloatingPointIeee754<T>
        => parametersPerFeature == 1 ? raw : Block(tape, raw, parametersPerFeature, index, 1).Reshape(raw.Rows, raw.Cols / parametersPerFeature);

    /// <summary>Parameters <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/> - 1 of every feature, one feature a row: [rows D x count].</summary>
    public static Var Block<T>(Tape<T> tape, Var raw, int parametersPerFeature, int start, int count) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.SliceColumns(raw.Reshape(raw.Length / parametersPerFeature, parametersPerFeature), start, count);

    /// <summary>Raw parameters of every row: one shared row is repeated.</summary>
    public static Var Spread<T>(Tape<T> tape, Var raw, int rows) where T : unmanaged, IFloatingPointIeee754<T>
        => raw.Rows == rows ? raw : tape.RepeatRows(raw, rows);
}
