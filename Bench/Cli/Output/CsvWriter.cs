using System.Globalization;
using System.Numerics;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Writes numbers as comma separated text, atomically; every number reads back to the same bits.</summary>
public static class CsvWriter
{
    /// <summary>Writes a table with a header line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">One name a column, or empty for no header line.</param>
    /// <param name="values">[rows x columns], row-major.</param>
    /// <param name="columns">Values a row.</param>
    /// <exception cref="ArgumentException">Sizes disagree.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write<T>(string path, IReadOnlyList<string> header, ReadOnlySpan<T> values, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (columns < 1 || values.Length % columns != 0 || (header.Count != 0 && header.Count != columns))
        {
            throw new ArgumentException($"CsvWriter: {values.Length} values and {header.Count} names do not make rows of {columns}.", nameof(values));
        }

        using AtomicFile file = AtomicFile.Create(path);
        if (header.Count > 0)
        {
            file.Stream.Write(Encoding.UTF8.GetBytes(string.Join(',', header.Select(Cell)) + "\n"));
        }

        Span<byte> text = stackalloc byte[64];
        for (int i = 0; i < values.Length; i++)
        {
            // The shortest text that reads back to the same number, whatever the machine's language.
            if (!values[i].TryFormat(text, out int length, "R", CultureInfo.InvariantCulture))
            {
                throw new InvalidOperationException($"CsvWriter: {values[i]} does not fit {text.Length} characters.");
            }

            text[length] = (byte)((i + 1) % columns == 0 ? '\n' : ',');
            file.Stream.Write(text[..(length + 1)]);
        }

        file.Commit();
    }

    /// <summary>Writes lines of words; cells that need it are quoted, line breaks in them become blanks.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">One name a column.</param>
    /// <param name="rows">One cell a column.</param>
    /// <exception cref="ArgumentException">A row has another number of cells.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(string.Join(',', header.Select(Cell)) + "\n"));
        foreach (IReadOnlyList<string> row in rows)
        {
            if (row.Count != header.Count) throw new ArgumentException($"CsvWriter: a row has {row.Count} cells, the header {header.Count}.", nameof(rows));
            file.Stream.Write(Encoding.UTF8.GetBytes(string.Join(',', row.Select(Cell)) + "\n"));
        }

        file.Commit();
    }

    private static string Cell(string name) =>
        name.AsSpan().ContainsAny(",;\"\t\n\r") ? "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal).ReplaceLineEndings(" ") + "\"" : name;
}
