namespace NativeFlow.Layers;

/// <summary>
/// The UCI "Optical Recognition of Handwritten Digits" set (Alpaydin and Kaynak 1998, https://doi.org/10.24432/C50P49, CC BY 4.0), embedded:
/// 8x8 grey images with 17 levels. Train = the first 3441 rows of the training file, validation = its last 382, test = the 1797 of the
/// test file, by other writers. Layout and checksum: OPTDIGITS.md beside this file.
/// </summary>
public static class Optdigits
{
    private const string Resource = "NativeFlow.Layers.optdigits.bin.gz";
    private const int TrainRows = 3441;
    private const int ValidationRows = 382;
    private const int TestRows = 1797;
    private const int Rows = TrainRows + ValidationRows + TestRows;
    private const int Pixels = 64;

    /// <summary>Unpacks the images: 64 columns, 17 levels, 8x8. Cost: a few milliseconds and 360 KB.</summary>
    public static DataSet Load()
    {
        byte[] raw = Unpack();
        byte[] pixels = new byte[Rows * Pixels];
        for (int row = 0; row < Rows; row++)
        {
            raw.AsSpan(row * (Pixels + 1), Pixels).CopyTo(pixels.AsSpan(row * Pixels));
        }

        Table all = Table.FromImages("optdigits", Rows, channels: 1, height: 8, width: 8, pixels, levels: 17);
        return new DataSet("optdigits", all.Slice(0, TrainRows), all.Slice(TrainRows, ValidationRows), all.Slice(TrainRows + ValidationRows, TestRows));
    }

    /// <summary>The digits 0 to 9 that the images show, in the order of the tables' rows.</summary>
    public static (byte[] Train, byte[] Validation, byte[] Test) LoadLabels()
    {
        byte[] raw = Unpack();
        byte[] labels = new byte[Rows];
        for (int row = 0; row < Rows; row++)
        {
            labels[row] = raw[(row * (Pixels + 1)) + Pixels];
        }

        return (labels[..TrainRows], labels[TrainRows..(TrainRows + ValidationRows)], labels[(TrainRows + ValidationRows)..]);
    }

    private static byte[] Unpack()
    {
        using Stream packed = typeof(Optdigits).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"Optdigits: the assembly lacks its resource {Resource}; build it from an unchanged source tree.");
        using System.IO.Compression.GZipStream unpacked = new(packed, System.IO.Compression.CompressionMode.Decompress);
        byte[] raw = new byte[Rows * (Pixels + 1)];
        unpacked.ReadExactly(raw);
        return raw;
    }
}
