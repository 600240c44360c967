using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Reads tables of numbers from text: separated by commas, semicolons, tabs or blanks (told by the first line), with or without a
/// header line, LF or CRLF, plain or gzip. Leading lines that begin with <c>#</c> are comments; the decimal sign is a point.
/// </summary>
/// <remarks>
/// A first line without any number is a header. A first line <c>rows,features,...</c> that fits the rest (scikit-learn's preamble) is skipped.
/// Only the chosen columns need to be numbers. Line numbers in errors count from 1, columns from 0 as in <see cref="ColumnSelection"/>.
/// </remarks>
public static class DelimitedReader
{
    /// <summary>Reads the columns that <paramref name="columns"/> lists (<see cref="ColumnSelection"/>), or all of them.</summary>
    /// <exception cref="BadInputException">Missing or damaged file, rows of different length, empty, non-numeric or non-finite cells.</exception>
    public static Table Read(string path, string? columns = null)
    {
        using DataFile file = DataFile.Open(path, "a text file of numbers");
        return new Parser(file, columns).Run();
    }

    private sealed class Parser(DataFile file, string? columns)
    {
        private readonly LineReader _lines = new(file);
        private CellSplitter _splitter = new((byte)',');
        private string[]? _names;
        private int[] _selected = [];
        private int _width;
        private long _widthLine;
        private double[] _values = [];
        private long _count;

        internal Table Run()
        {
            if (!FirstLine(out ReadOnlySpan<byte> line))
            {
                throw new BadInputException($"{file.Path}: holds no data, expected rows of numbers; give a file with data.");
            }

            _splitter = new CellSplitter(CellSplitter.Detect(line));
            Split(line);
            byte[] first = line.ToArray();
            long firstNumber = _lines.Number;
            Range[] firstCells = [.. _splitter.Cells];
            long announced = -1;
            bool isHeader = !firstCells.Any(cell => IsNumber(first.AsSpan()[cell]));
            bool more = NextLine(out line);
            if (more)
            {
                Split(line);
                announced = line.Trim(" \t"u8).IsEmpty ? -1 : Preamble(first, firstCells, _splitter.Cells.Count);
                if (announced >= 0)
                {
                    // Two separators may meet here: the preamble's names are free text.
                    firstCells = [.. _splitter.Cells];
                    firstNumber = _lines.Number;
                }
            }

            _width = firstCells.Length;
            _widthLine = firstNumber;
            _names = isHeader ? [.. firstCells.Select(cell => CellSplitter.Text(first, cell))] : null;
            _selected = columns is null ? [.. Enumerable.Range(0, _width)] : ColumnSelection.Parse(columns, _width, _names, file.Path).Indices.ToArray();
            if (!isHeader && announced < 0)
            {
                AddRow(first, firstCells, firstNumber);
            }

            long blank = 0;
            for (; more; more = NextLine(out line))
            {
                if (line.Trim(" \t"u8).IsEmpty)
                {
                    // Blank lines may end a file, not interrupt it.
                    blank = blank == 0 ? _lines.Number : blank;
                    continue;
                }

                if (blank > 0)
                {
                    throw new BadInputException($"{file.Path}: line {blank} is empty, expected {_width} values; remove the line.");
                }

                Split(line);
                AddRow(line, _splitter.Cells, _lines.Number);
            }

            return Finish(announced);
        }

        private Table Finish(long announced)
        {
            long rows = _count / _selected.Length;
            if (announced >= 0 && rows != announced)
            {
                throw new BadInputException($"{file.Path}: line 1 announces {announced} rows, the file has {rows}; it is cut short, copy it again.");
            }

            Array.Resize(ref _values, Table.CheckedCount(file.Path, rows, _selected.Length));
            string[]? names = _names is null ? null : [.. _selected.Select(i => _names[i])];
            return Table.FromDoubles(DataFile.NameOf(file.Path), (int)rows, _selected.Length, _values, names);
        }

        private bool FirstLine(out ReadOnlySpan<byte> line)
        {
            while (NextLine(out line))
            {
                if (!line.StartsWith("#"u8) && !line.Trim(" \t"u8).IsEmpty)
                {
                    return true;
                }
            }

            return false;
        }

        private bool NextLine(out ReadOnlySpan<byte> line) => _lines.Next(out line);

        private void Split(ReadOnlySpan<byte> line)
        {
            if (!_splitter.Split(line))
            {
                throw new BadInputException($"{file.Path}: line {_lines.Number} has a double quote that does not enclose a whole cell; correct it.");
            }
        }

        // "569,30,malignant,benign" above 569 rows of 30 features and a class: two counts, then names, and no row by its width.
        private static long Preamble(byte[] line, Range[] cells, int nextWidth)
        {
            bool fits = cells.Length >= 3 && cells.Length != nextWidth && !cells.Skip(2).Any(cell => IsNumber(line.AsSpan()[cell]))
                && Count(line.AsSpan()[cells[1]]) is > 0 and var features && features == nextWidth - 1;
            return fits ? Count(line.AsSpan()[cells[0]]) : -1;
        }

        private static int Count(ReadOnlySpan<byte> cell) =>
            int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : -1;

        private static bool IsNumber(ReadOnlySpan<byte> cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

        private void AddRow(ReadOnlySpan<byte> line, IReadOnlyList<Range> cells, long number)
        {
            if (cells.Count != _width)
            {
                throw new BadInputException($"{file.Path}: line {number} has {cells.Count} values, expected {_width} as in line {_widthLine}; correct the line.");
            }

            if (_count + _selected.Length > _values.Length)
            {
                Table.CheckedCount(file.Path, (_count / _selected.Length) + 1, _selected.Length);
                Array.Resize(ref _values, (int)Math.Min(Table.MaxValues, Math.Max(1024L, 2L * _values.Length) + _selected.Length));
            }

            foreach (int column in _selected)
            {
                ReadOnlySpan<byte> cell = line[cells[column]];
                if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
                {
                    throw BadCell(CellSplitter.Text(line, cells[column]), number, column);
                }

                _values[_count++] = value;
            }
        }

        private BadInputException BadCell(string cell, long number, int column)
        {
            string name = _names is null ? "" : $" ({BadInputException.Quote(_names[column])})";
            string what = cell.Length == 0 ? "is empty" : $"is {BadInputException.Quote(cell)}";
            string hint = number == _widthLine && _names is null ? " (a header line must hold no number)" : "";
            return new BadInputException($"{file.Path}: line {number}, column {column}{name} {what}, expected a finite number with a decimal point{hint}; correct the cell or leave the column out with --columns.");
        }
    }
}
