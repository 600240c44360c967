using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Images made smaller by the mean over blocks of pixels.</summary>
public static class ImagePooling
{
    /// <summary>Every image at height x width pixels: the mean of each block, rounded to the nearest level, so that the set keeps its levels.</summary>
    /// <exception cref="BadInputException">No images with levels, or sides that the new ones do not divide.</exception>
    public static DataSet Pool(DataSet set, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(set);
        Table t = set.Train;
        if (!Fits(t, height, width)) throw new BadInputException($"{set.Name}: cannot be pooled to {height}x{width}; it takes images of integer levels whose sides are multiples of the new ones, but this is {t}.");
        return new DataSet($"{set.Name}@{height}x{width}", Pool(set.Train, height, width), Pool(set.Validation, height, width), Pool(set.Test, height, width));
    }

    /// <summary>Whether a table's images can be pooled to that size.</summary>
    public static bool Fits(Table table, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Levels is > 0 and <= 256 && height > 0 && width > 0 && table.Height is { } h && table.Width is { } w && h % height == 0 && w % width == 0;
    }

    private static Table Pool(Table table, int height, int width)
    {
        int down = table.Height!.Value / height, across = table.Width!.Value / width, old = table.Width.Value;
        var pooled = new byte[table.Rows * table.Channels * height * width];
        var row = new double[table.Columns];
        int at = 0;
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            for (int c = 0; c < table.Channels; c++)
                for (int y = 0; y < height; y++)
                    for (int x = 0; x < width; x++)
                    {
                        double sum = 0;
                        for (int i = 0; i < down * across; i++) sum += row[(((c * table.Height.Value) + (y * down) + (i / across)) * old) + (x * across) + (i % across)];
                        pooled[at++] = (byte)Math.Floor((sum / (down * across)) + 0.5);
                    }
        }

        return Table.FromImages($"{table.Name}@{height}x{width}", table.Rows, table.Channels, height, width, pooled, table.Levels);
    }
}
