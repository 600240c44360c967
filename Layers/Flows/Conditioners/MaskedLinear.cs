using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>y = x (weight * mask)^T + bias, the layer of masked networks. Without a mask it is a plain affine map.</summary>
/// <param name="Weight">[out x in].</param>
/// <param name="Mask">[out x in], a buffer; <see cref="Var.None"/> for none.</param>
/// <param name="Bias">[1 x out].</param>
internal readonly record struct MaskedLinear(Var Weight, Var Mask, Var Bias)
{
    /// <summary>Not attached yet.</summary>
    public static MaskedLinear None => new(Var.None, Var.None, Var.None);

    /// <summary>Adds name.weight, name.bias and, with a mask, name.mask. Weights start with deviation scale / sqrt(number of inputs a unit sees).</summary>
    public static MaskedLinear Attach<T>(ParameterStore<T> store, string name, int outputs, int inputs, double[]? mask, ulong seed, double scale = 1, ReadOnlySpan<double> bias = default)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var weight = new double[checked(outputs * inputs)];
        RandomFill.Gaussian<double>(seed, 0, 0, weight);
        for (int o = 0; o < outputs; o++)
        {
            double seen = 0;
            for (int i = 0; i < inputs; i++) seen += mask is null ? 1 : mask[(o * inputs) + i];
            double deviation = scale / Math.Sqrt(Math.Max(1, seen));
            for (int i = 0; i < inputs; i++) weight[(o * inputs) + i] *= deviation;
        }
        return new MaskedLinear(
            store.AddParameter(name + ".weight", outputs, inputs, weight),
            mask is null ? Var.None : store.AddBuffer(name + ".mask", outputs, inputs, mask),
            store.AddParameter(name + ".bias", 1, outputs, bias, decay: false));
    }

    /// <summary>Records the layer on [batch x in].</summary>
    public Var Record<T>(Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Add(Mask.IsNone ? tape.MatMul(x, Weight, transposeB: true) : tape.MaskedMatMul(x, Weight, Mask), Bias);

    /// <summary>Records outputs start .. start + count - 1 alone. <paramref name="rows"/> is a constant that lists 0 .. out - 1.</summary>
    public Var Record<T>(Tape<T> tape, Var x, Var rows, int start, int count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var index = rows with { Offset = rows.Offset + start, Rows = 1, Cols = count };
        // A buffer takes no gradient, so a view of some of its rows is as good as a copy.
        Var mask = Mask with { Offset = Mask.Offset + (start * Mask.Cols), Rows = count };
        return tape.Add(tape.MaskedMatMul(x, tape.GatherRows(Weight, index), mask), tape.SliceColumns(Bias, start, count));
    }
}
