using System.Buffers.Binary;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Reads IDX files as MNIST has them: bytes 0 0, type 8 (u8), number of axes, one big-endian 32-bit extent an axis, then the values,
/// row-major; plain or gzip.
/// </summary>
public static class IdxReader
{
    private const string TrainImages = "train-images-idx3-ubyte";
    private const string TestImages = "t10k-images-idx3-ubyte";

    /// <summary>Reads images: 3 axes [rows x height x width] or 4 axes [rows x channels x height x width], 256 levels.</summary>
    /// <exception cref="BadInputException">Missing, damaged, or another kind of file.</exception>
    public static Table Read(string path)
    {
        using DataFile file = DataFile.Open(path, "an IDX file of images");
        Span<int> axes = stackalloc int[4];
        axes = axes[..ReadHeader(file, axes)];
        if (axes.Length is not (3 or 4))
        {
            throw new BadInputException($"{path}: has {axes.Length} axes, expected 3 (rows, height, width) or 4 (rows, channels, height, width); give a file of images.");
        }

        long columns = 1;
        foreach (int extent in axes[1..])
        {
            columns = Math.Min(columns * extent, int.MaxValue);
        }

        int count = Table.CheckedCount(path, axes[0], columns);
        byte[] values = file.ReadExactly(count, "the header");
        file.ExpectEnd("the header");
        return Table.FromImages(DataFile.NameOf(path), axes[0], axes.Length == 4 ? axes[1] : 1, axes[^2], axes[^1], values, levels: 256);
    }

    /// <summary>Reads labels: one axis [rows].</summary>
    /// <exception cref="BadInputException">Missing, damaged, or another kind of file.</exception>
    public static byte[] ReadLabels(string path)
    {
        using DataFile file = DataFile.Open(path, "an IDX file of labels");
        Span<int> axes = stackalloc int[4];
        int count = ReadHeader(file, axes);
        if (count != 1)
        {
            throw new BadInputException($"{path}: has {count} axes, expected 1; give a file of labels.");
        }

        byte[] labels = file.ReadExactly(axes[0], "the header");
        file.ExpectEnd("the header");
        return labels;
    }

    /// <summary>
    /// Reads a folder with <c>train-images-idx3-ubyte</c> and <c>t10k-images-idx3-ubyte</c> (each with or without <c>.gz</c>). Validation
    /// is the last sixth of the train file (MNIST: train = first 50 000, validation = last 10 000), test the t10k file. The set is named after the folder.
    /// </summary>
    /// <exception cref="BadInputException">A file is missing or damaged, or the image sizes differ.</exception>
    public static DataSet ReadFolder(string folder)
    {
        string name = Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar));
        Table train = Read(FindIn(folder, TrainImages)).WithName(name);
        Table test = Read(FindIn(folder, TestImages)).WithName(name);
        if (train.Width != test.Width || train.Height != test.Height || train.Channels != test.Channels)
        {
            throw new BadInputException($"{folder}: train images are {train.Height}x{train.Width}, test images {test.Height}x{test.Width}, expected equal sizes; the files do not belong together.");
        }

        int validation = train.Rows / 6;
        if (validation == 0)
        {
            throw new BadInputException($"{folder}: the train file has {train.Rows} images, at least 6 are needed to set a sixth aside for validation; give more.");
        }

        return new DataSet(name, train.Slice(0, train.Rows - validation), train.Slice(train.Rows - validation, validation), test);
    }

    internal static bool LooksLikeFolder(string folder) =>
        File.Exists(Path.Combine(folder, TrainImages)) || File.Exists(Path.Combine(folder, TrainImages + ".gz"));

    private static string FindIn(string folder, string file)
    {
        string plain = Path.Combine(folder, file);
        return File.Exists(plain) ? plain
            : File.Exists(plain + ".gz") ? plain + ".gz"
            : throw new BadInputException($"{folder}: has no {file} (or {file}.gz), expected the IDX files of one data set; add it.");
    }

    private static int ReadHeader(DataFile file, Span<int> axes)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (file.ReadUpTo(bytes[..4]) < 4 || bytes[0] != 0 || bytes[1] != 0)
        {
            throw new BadInputException($"{file.Path}: does not begin as an IDX file (0 0 type axes); give a file of that format.");
        }

        if (bytes[2] != 8)
        {
            throw new BadInputException($"{file.Path}: has element type 0x{bytes[2]:X2}, expected 0x08 (unsigned bytes); convert it first.");
        }

        int count = bytes[3];
        if (count < 1 || count > axes.Length)
        {
            throw new BadInputException($"{file.Path}: has {count} axes, expected 1 to {axes.Length}; give a file of images or labels.");
        }

        if (file.ReadUpTo(bytes[..(4 * count)]) < 4 * count)
        {
            throw new BadInputException($"{file.Path}: ends inside its header; it is cut short, copy it again.");
        }

        for (int i = 0; i < count; i++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * i)..]);
            axes[i] = extent is > 0 and <= int.MaxValue
                ? (int)extent
                : throw new BadInputException($"{file.Path}: axis {i} has extent {extent}, expected 1 to {int.MaxValue}; it is damaged, copy it again.");
        }

        return count;
    }
}
