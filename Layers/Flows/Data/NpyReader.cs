using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Reads NumPy <c>.npy</c> files (format 1.0 and 2.0, plain or gzip): little-endian f4, f8, i4, i8 or u1, C order. The first axis is
/// rows, the others are flattened into columns; one axis gives one column.
/// </summary>
public static partial class NpyReader
{
    private const int LongestHeader = 1 << 16;

    /// <summary>Reads a table; u1 data has 256 levels, everything else is continuous.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">A <see cref="ColumnSelection"/> list, or null for all. Only chosen columns must be finite.</param>
    /// <exception cref="BadInputException">Missing, damaged or unsupported file, or a value that is not finite or not exact as double.</exception>
    public static Table Read(string path, string? columns = null)
    {
        using DataFile file = DataFile.Open(path, "a .npy file");
        (string type, long[] shape) = ReadHeader(file);
        long width = 1;
        foreach (long extent in shape.AsSpan(1))
        {
            width = Math.Min(width * extent, int.MaxValue);
        }

        int count = Table.CheckedCount(path, shape[0], width);
        int size = type[2] - '0';
        byte[] bytes = file.ReadExactly((long)count * size, "the header");
        file.ExpectEnd("the header");

        string name = DataFile.NameOf(path);
        int rows = (int)shape[0];
        if (type == "|u1")
        {
            return Choose(Table.FromBytes(name, rows, (int)width, bytes, levels: 256), columns);
        }

        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Value(bytes.AsSpan(i * size, size), type, path, i, width);
        }

        Table table = Choose(Table.FromDoubles(name, rows, (int)width, values), columns);
        CheckFinite(table, path);
        return table;
    }

    private static Table Choose(Table table, string? columns) =>
        columns is null ? table : table.SelectColumns(ColumnSelection.Parse(columns, table).Indices);

    private static double Value(ReadOnlySpan<byte> bytes, string type, string path, int index, long width)
    {
        switch (type)
        {
            case "<f4":
                return BinaryPrimitives.ReadSingleLittleEndian(bytes);
            case "<f8":
                return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
            case "<i4":
                return BinaryPrimitives.ReadInt32LittleEndian(bytes);
            default:
                long whole = BinaryPrimitives.ReadInt64LittleEndian(bytes);
                return whole is >= -(1L << 53) and <= 1L << 53
                    ? whole
                    : throw new BadInputException($"{path}: row {index / width}, column {index % width} is {whole}, beyond 2^53 and not exact as a double; scale the column first.");
        }
    }

    private static void CheckFinite(Table table, string path)
    {
        for (int row = 0; row < table.Rows; row++)
        {
            for (int column = 0; column < table.Columns; column++)
            {
                if (!double.IsFinite(table[row, column]))
                {
                    throw new BadInputException($"{path}: row {row}, column {column} is {table[row, column].ToString(CultureInfo.InvariantCulture)} (both counted from 0), expected a finite number; clean the data or leave the column out with --columns.");
                }
            }
        }
    }

    private static (string Type, long[] Shape) ReadHeader(DataFile file)
    {
        Span<byte> prefix = stackalloc byte[12];
        bool whole = file.ReadUpTo(prefix[..8]) == 8;
        if (!whole || prefix[0] != 0x93 || !prefix[1..6].SequenceEqual("NUMPY"u8))
        {
            throw new BadInputException($"{file.Path}: does not begin as a .npy file; give one written by numpy.save.");
        }

        int lengthBytes = prefix[6] switch
        {
            1 => 2,
            2 => 4,
            _ => throw new BadInputException($"{file.Path}: has .npy format {prefix[6]}.{prefix[7]}, expected 1.0 or 2.0; save it again with a plain numeric type."),
        };
        Span<byte> lengthField = prefix.Slice(8, lengthBytes);
        whole = file.ReadUpTo(lengthField) == lengthBytes;
        uint length = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(lengthField) : BinaryPrimitives.ReadUInt32LittleEndian(lengthField);
        if (!whole || length > LongestHeader)
        {
            throw new BadInputException($"{file.Path}: announces a header of {length} bytes, expected at most {LongestHeader} and a whole file; it is damaged, save it again.");
        }

        return ParseHeader(file.Path, Encoding.Latin1.GetString(file.ReadExactly(length, "its header length")));
    }

    private static (string Type, long[] Shape) ParseHeader(string path, string header)
    {
        Match match = HeaderPattern().Match(header);
        if (!match.Success)
        {
            throw new BadInputException($"{path}: header {BadInputException.Quote(header.Trim())} is not {{'descr': ..., 'fortran_order': ..., 'shape': (...)}} of a plain numeric table; save it again with numpy.save.");
        }

        string type = match.Groups["type"].Value;
        if (type is not ("<f4" or "<f8" or "<i4" or "<i8" or "|u1"))
        {
            throw new BadInputException($"{path}: has element type {BadInputException.Quote(type)}, expected '<f4', '<f8', '<i4', '<i8' or '|u1'; convert it with numpy's astype.");
        }

        if (match.Groups["fortran"].Value == "True")
        {
            throw new BadInputException($"{path}: is stored column by column (fortran_order), expected C order; save numpy.ascontiguousarray of it.");
        }

        string[] parts = match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        long[] shape = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out int extent) || extent == 0)
            {
                throw new BadInputException($"{path}: axis {i} of its shape is {BadInputException.Quote(parts[i])}, expected 1 to {int.MaxValue}; give a table with data.");
            }

            shape[i] = extent;
        }

        return shape.Length > 0 ? (type, shape) : throw new BadInputException($"{path}: holds a single number without axes, expected rows and columns; save a table.");
    }

    // The header is a Python dictionary; numpy always writes its three keys in this order.
    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[^']{1,16})',\s*'fortran_order':\s*(?<fortran>True|False),\s*'shape':\s*\((?<shape>[0-9, ]*)\),?\s*\}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();
}
