using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Grey values in [0, 1] as probabilities of a 1: drawn anew every epoch in training, cut at one half in evaluation (Salakhutdinov and Murray 2008; Burda et al. 2016 for the drawing).</summary>
public static class Binarization
{
    /// <summary>Turns every value into 1 with that probability, else 0: by the numbers <paramref name="first"/>, first + 1, ... of (key, stream). 0 and 1 stay.</summary>
    /// <param name="values">Levels 0 .. levels - 1; or numbers in [0, 1] where there are no levels.</param>
    /// <param name="levels">Levels of the data, 0 for none.</param>
    /// <param name="key">Key.</param>
    /// <param name="stream">Stream, such as the epoch.</param>
    /// <param name="first">Number of the first value.</param>
    public static void Draw<T>(Span<T> values, int levels, ulong key, ulong stream, ulong first) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> uniform = stackalloc T[256];
        T scale = Scale<T>(levels);
        for (int start = 0; start < values.Length; start += uniform.Length)
        {
            int count = Math.Min(uniform.Length, values.Length - start);
            RandomFill.Uniform(key, stream, first + (ulong)start, uniform[..count]);
            for (int i = 0; i < count; i++) values[start + i] = uniform[i] * scale < values[start + i] ? T.One : T.Zero;
        }
    }

    /// <summary>The table with 1 where a value is above one half of the largest, else 0.</summary>
    /// <exception cref="BadInputException">A value lies outside [0, 1] and the table has no levels.</exception>
    public static Table Threshold(Table table)
    {
        Require(table);
        var bits = new byte[table.Rows * table.Columns];
        var row = new double[table.Columns];
        double half = 0.5 * Scale<double>(table.Levels);
        for (int r = 0, i = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            foreach (double v in row) bits[i++] = v > half ? (byte)1 : (byte)0;
        }
        return table is { Width: { } width, Height: { } height }
            ? Table.FromImages(table.Name, table.Rows, table.Channels, height, width, bits, 2)
            : Table.FromBytes(table.Name, table.Rows, table.Columns, bits, 2);
    }

    /// <summary>Refuses a table whose values are no probabilities.</summary>
    /// <exception cref="BadInputException">A value lies outside [0, 1] and the table has no levels.</exception>
    public static void Require(Table table)
    {
        if (table.Levels > 0) return;
        var row = new double[table.Columns];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            foreach (double v in row)
                if (!(v is >= 0 and <= 1)) throw new BadInputException($"{table.Name}: row {r} holds {v}; a Bernoulli likelihood takes levels or numbers from 0 to 1, use a Gaussian one for such data.");
        }
    }

    private static T Scale<T>(int levels) where T : unmanaged, IFloatingPointIeee754<T> => levels > 0 ? T.CreateTruncating(levels - 1) : T.One;
}
