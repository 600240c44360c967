using System.Security.Cryptography;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Splits of a table: a text with one character a row, in row order (<c>r</c> train, <c>v</c> validation, <c>t</c> test), or the default rule.
/// </summary>
public static class SplitFile
{
    /// <summary>Reads a split file for a table of <paramref name="rows"/> rows; a line break at the end is allowed.</summary>
    /// <exception cref="BadInputException">No such file, another length, another character, or a part without rows.</exception>
    public static RowSplit Read(string path, int rows)
    {
        using DataFile file = DataFile.Open(path, "a split file");

        // Never more than a row a byte, two for the line break, one to notice excess.
        byte[] text = new byte[rows + 3];
        int length = file.ReadUpTo(text);
        int count = length;
        while (count > 0 && text[count - 1] is (byte)'\n' or (byte)'\r')
        {
            count--;
        }

        List<int> train = [], validation = [], test = [];
        for (int i = 0; i < Math.Min(count, rows); i++)
        {
            (text[i] switch
            {
                (byte)'r' => train,
                (byte)'v' => validation,
                (byte)'t' => test,
                _ => throw new BadInputException($"{path}: character {i + 1} is {BadInputException.Quote(((char)text[i]).ToString())}, expected r (train), v (validation) or t (test), one for each row; correct it."),
            }).Add(i);
        }

        if (count != rows || length == text.Length)
        {
            throw new BadInputException($"{path}: has {(count > rows ? "more than " + rows : count.ToString())} characters, expected {rows}, one for each row of the table; use the split file that belongs to it.");
        }

        CheckParts(path, train.Count, validation.Count, test.Count);
        return new RowSplit([.. train], [.. validation], [.. test]);
    }

    /// <summary>
    /// The default split, reproducible in any language: sort the row numbers i by the SHA-256 of the ASCII text <c>name:i</c> (bytewise);
    /// the first floor(rows/10) are test, the next floor(rows/10) validation, the rest train. Cost: one hash a row and a sort.
    /// </summary>
    /// <exception cref="BadInputException">Fewer than 10 rows.</exception>
    public static RowSplit Default(string name, int rows)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (rows < 10)
        {
            throw new BadInputException($"{name}: has {rows} rows, a split into train, validation and test needs at least 10; give more data.");
        }

        string[] keys = new string[rows];
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++)
        {
            keys[i] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}:{i}")));
            order[i] = i;
        }

        Array.Sort(keys, order, StringComparer.Ordinal);
        int part = rows / 10;
        int[] test = order[..part];
        int[] validation = order[part..(2 * part)];
        int[] train = order[(2 * part)..];
        Array.Sort(test);
        Array.Sort(validation);
        Array.Sort(train);
        return new RowSplit(train, validation, test);
    }

    private static void CheckParts(string path, int train, int validation, int test)
    {
        if (train == 0 || validation == 0 || test == 0)
        {
            throw new BadInputException($"{path}: has {train} r, {validation} v and {test} t, expected at least one of each; correct it.");
        }
    }
}
