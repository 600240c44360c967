using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Reads a table of words from text: separators, comments, quotes and gzip as <see cref="DelimitedReader"/>; empty lines are refused.</summary>
public static class CellTable
{
    /// <summary>All rows with their line numbers, from 1; every row has as many cells as the first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What it should be, for messages: "an edge list".</param>
    /// <param name="mostRows">Refused beyond.</param>
    /// <exception cref="BadInputException">Missing, empty or damaged file, rows of different length, too many rows.</exception>
    public static IReadOnlyList<(long Line, string[] Cells)> Read(string path, string expected, int mostRows = 10_000_000)
    {
        using DataFile file = DataFile.Open(path, expected);
        var lines = new LineReader(file);
        var rows = new List<(long, string[])>();
        CellSplitter? splitter = null;
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if (line.StartsWith("#"u8) && rows.Count == 0) continue;
            if (line.Trim(" \t"u8).IsEmpty) throw new BadInputException($"{path}: line {lines.Number} is empty, expected {expected}; remove the line.");
            splitter ??= new CellSplitter(CellSplitter.Detect(line));
            if (!splitter.Split(line)) throw new BadInputException($"{path}: line {lines.Number} has a double quote that does not enclose a whole cell; correct it.");
            var cells = new string[splitter.Cells.Count];
            for (int i = 0; i < cells.Length; i++) cells[i] = CellSplitter.Text(line, splitter.Cells[i]);
            if (rows.Count > 0 && rows[0].Item2.Length != cells.Length) throw new BadInputException($"{path}: line {lines.Number} has {cells.Length} values, expected {rows[0].Item2.Length} as before; correct the line.");
            if (rows.Count == mostRows) throw new BadInputException($"{path}: has more than {mostRows} rows; expected {expected} of fewer.");
            rows.Add((lines.Number, cells));
        }

        return rows.Count > 0 ? rows : throw new BadInputException($"{path}: holds no rows, expected {expected}; give a file with data.");
    }
}
