using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A read-only table of numbers, one sample a row. Images are rows in planar order (channel, row, column). Views by rows or columns
/// share the values.
/// </summary>
public sealed class Table
{
    /// <summary>The most values one table may hold (2 GiB as double); larger sets must be cut.</summary>
    public const int MaxValues = 1 << 28;

    // Exactly one of the two is set.
    private readonly byte[]? _bytes;
    private readonly double[]? _doubles;
    private readonly int _stride;
    private readonly int[]? _rowIndex;
    private readonly int[]? _columnIndex;
    private readonly int _firstRow;

    private Table(string name, int rows, int columns, byte[]? bytes, double[]? doubles, int stride, int firstRow, int[]? rowIndex, int[]? columnIndex)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        _bytes = bytes;
        _doubles = doubles;
        _stride = stride;
        _firstRow = firstRow;
        _rowIndex = rowIndex;
        _columnIndex = columnIndex;
    }

    /// <summary>The data set's name, as used by the default split.</summary>
    public string Name { get; }

    /// <summary>The number of samples.</summary>
    public int Rows { get; }

    /// <summary>The number of values a sample.</summary>
    public int Columns { get; }

    /// <summary>The number of integer levels (values are 0 .. Levels - 1), e.g. 256 or 17; 0 for continuous data.</summary>
    public int Levels { get; private init; }

    /// <summary>Image width, or null if rows are not images.</summary>
    public int? Width { get; private init; }

    /// <summary>Image height, or null if rows are not images.</summary>
    public int? Height { get; private init; }

    /// <summary>Image planes (1 grey, 3 colour); 1 if rows are not images.</summary>
    public int Channels { get; private init; } = 1;

    /// <summary>One name a column, or null if the source names none.</summary>
    public IReadOnlyList<string>? ColumnNames { get; private init; }

    /// <summary>Context of every row, for conditional flows: a table of as many rows, or null. Views by rows take theirs along.</summary>
    public Table? Context { get; private init; }

    /// <summary>A table over bytes, [rows x columns], row-major; the array is kept, not copied.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="rows">Samples.</param>
    /// <param name="columns">Values a sample.</param>
    /// <param name="values">rows x columns values.</param>
    /// <param name="levels">Number of levels; 0 for none.</param>
    /// <exception cref="ArgumentException">Sizes disagree.</exception>
    public static Table FromBytes(string name, int rows, int columns, byte[] values, int levels)
    {
        ArgumentNullException.ThrowIfNull(values);
        CheckSizes(rows, columns, values.Length);
        return new Table(name, rows, columns, values, null, columns, 0, null, null) { Levels = levels };
    }

    /// <summary>A table of grey or planar colour images over bytes, [rows x channels x height x width]; the array is kept, not copied.</summary>
    /// <exception cref="ArgumentException">Sizes disagree.</exception>
    public static Table FromImages(string name, int rows, int channels, int height, int width, byte[] values, int levels)
    {
        ArgumentNullException.ThrowIfNull(values);
        int columns = checked(channels * height * width);
        CheckSizes(rows, columns, values.Length);
        return new Table(name, rows, columns, values, null, columns, 0, null, null) { Levels = levels, Channels = channels, Height = height, Width = width };
    }

    /// <summary>A table of continuous values, [rows x columns], row-major; the array is kept, not copied.</summary>
    /// <exception cref="ArgumentException">Sizes disagree.</exception>
    public static Table FromDoubles(string name, int rows, int columns, double[] values, IReadOnlyList<string>? columnNames = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        CheckSizes(rows, columns, values.Length);
        if (columnNames is not null && columnNames.Count != columns)
        {
            throw new ArgumentException($"Table: {columns} columns, but {columnNames.Count} column names.", nameof(columnNames));
        }

        return new Table(name, rows, columns, null, values, columns, 0, null, null) { ColumnNames = columnNames };
    }

    /// <summary>Copies sample <paramref name="row"/> to <paramref name="destination"/>, which holds <see cref="Columns"/> values.</summary>
    /// <exception cref="ArgumentException">The row does not exist or the destination has another length.</exception>
    public void CopyRow<T>(int row, Span<T> destination) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if ((uint)row >= (uint)Rows || destination.Length != Columns)
        {
            throw new ArgumentException($"Table.CopyRow: row {row} into {destination.Length} values; the table '{Name}' has {Rows} rows of {Columns}.");
        }

        int source = _rowIndex is null ? _firstRow + row : _rowIndex[row];
        if (_bytes is not null)
        {
            ReadOnlySpan<byte> values = _bytes.AsSpan(source * _stride, _stride);
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = T.CreateTruncating(values[_columnIndex is null ? i : _columnIndex[i]]);
            }
        }
        else
        {
            ReadOnlySpan<double> values = _doubles.AsSpan(source * _stride, _stride);
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = T.CreateTruncating(values[_columnIndex is null ? i : _columnIndex[i]]);
            }
        }
    }

    /// <summary>The value at a place, for checks and printing; loops use <see cref="CopyRow{T}"/>.</summary>
    /// <exception cref="ArgumentException">Outside the table.</exception>
    public double this[int row, int column]
    {
        get
        {
            if ((uint)row >= (uint)Rows || (uint)column >= (uint)Columns)
            {
                throw new ArgumentException($"Table: cell ({row}, {column}); the table '{Name}' has {Rows} rows of {Columns}.");
            }

            int at = (_rowIndex is null ? _firstRow + row : _rowIndex[row]) * _stride + (_columnIndex is null ? column : _columnIndex[column]);
            return _bytes is not null ? _bytes[at] : _doubles![at];
        }
    }

    /// <summary>A view of consecutive rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the table.</exception>
    public Table Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Rows - count);
        return _rowIndex is null
            ? View(count, Columns, _firstRow + start, null, _columnIndex, Context?.Slice(start, count))
            : View(count, Columns, 0, _rowIndex.AsSpan(start, count).ToArray(), _columnIndex, Context?.Slice(start, count));
    }

    /// <summary>A view of the given rows, in that order; a row may appear more than once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row does not exist.</exception>
    public Table Select(ReadOnlySpan<int> rows)
    {
        int[] index = new int[rows.Length];
        for (int i = 0; i < index.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(rows[i], nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rows[i], Rows, nameof(rows));
            index[i] = _rowIndex is null ? _firstRow + rows[i] : _rowIndex[rows[i]];
        }

        return View(index.Length, Columns, 0, index, _columnIndex, Context?.Select(rows));
    }

    /// <summary>A view of the given columns, in that order; image sizes are lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column does not exist.</exception>
    public Table SelectColumns(ReadOnlySpan<int> columns)
    {
        int[] index = new int[columns.Length];
        string[]? names = ColumnNames is null ? null : new string[columns.Length];
        for (int i = 0; i < index.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(columns[i], nameof(columns));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(columns[i], Columns, nameof(columns));
            index[i] = _columnIndex is null ? columns[i] : _columnIndex[columns[i]];
            if (names is not null)
            {
                names[i] = ColumnNames![columns[i]];
            }
        }

        return new Table(Name, Rows, index.Length, _bytes, _doubles, _stride, _firstRow, _rowIndex, index) { Levels = Levels, ColumnNames = names, Context = Context };
    }

    /// <summary>The same table under another name.</summary>
    public Table WithName(string name) => View(Rows, Columns, _firstRow, _rowIndex, _columnIndex, Context, name);

    /// <summary>The same table with a context for every row.</summary>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public Table WithContext(Table context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Rows == Rows
            ? View(Rows, Columns, _firstRow, _rowIndex, _columnIndex, context)
            : throw new ArgumentException($"Table: '{Name}' has {Rows} rows, its context {context.Rows}; they must be equal.");
    }

    /// <summary>Some columns as the context, the others as the data; image sizes are lost.</summary>
    /// <exception cref="BadInputException">No column is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column does not exist.</exception>
    public Table WithContextColumns(ReadOnlySpan<int> columns)
    {
        int[] context = columns.ToArray(), rest = [.. Enumerable.Range(0, Columns).Where(i => !context.Contains(i))];
        if (rest.Length == 0) throw new BadInputException($"{Name}: all {Columns} columns are context; leave at least one as data.");
        return SelectColumns(rest).WithContext(SelectColumns(context));
    }

    /// <summary>Refuses a table whose context has another width.</summary>
    /// <param name="width">Columns of context, 0 for none.</param>
    /// <param name="who">What asks for it.</param>
    /// <exception cref="BadInputException">Another width.</exception>
    internal void RequireContext(int width, string who)
    {
        int has = Context?.Columns ?? 0;
        if (has == width) return;
        throw new BadInputException(has == 0
            ? $"{Name}: has no context, but {who} takes one of {width} columns; choose context columns (--context-columns)."
            : width == 0 ? $"{Name}: has a context of {has} columns, but {who} takes none; leave the context columns out, or give the model's layers a context."
            : $"{Name}: has a context of {has} columns, {who} takes one of {width}; they must be equal.");
    }

    /// <summary>For example <c>mnist: 60000 rows x 784 columns, 256 levels, 28x28</c>.</summary>
    public override string ToString() =>
        $"{Name}: {Rows} rows x {Columns} columns{(Levels > 0 ? $", {Levels} levels" : "")}{(Width is { } w ? $", {(Channels > 1 ? $"{Channels}x" : "")}{Height}x{w}" : "")}{(Context is { } c ? $", context of {c.Columns}" : "")}";

    internal static int CheckedCount(string path, long rows, long columns)
    {
        if (rows < 1 || columns < 1)
        {
            throw new BadInputException($"{path}: has {rows} rows of {columns} values, expected at least one of each; give a file with data.");
        }

        return columns <= MaxValues && rows <= MaxValues / columns
            ? (int)(rows * columns)
            : throw new BadInputException($"{path}: has {rows} rows of {columns} values, at most {MaxValues} values fit a table; cut the file.");
    }

    private static void CheckSizes(int rows, int columns, int length)
    {
        if (rows < 0 || columns < 1 || (long)rows * columns != length)
        {
            throw new ArgumentException($"Table: {rows} rows of {columns} columns need {(long)rows * columns} values, {length} are given.");
        }
    }

    private Table View(int rows, int columns, int firstRow, int[]? rowIndex, int[]? columnIndex, Table? context, string? name = null) =>
        new(name ?? Name, rows, columns, _bytes, _doubles, _stride, firstRow, rowIndex, columnIndex)
        {
            Levels = Levels,
            Width = Width,
            Height = Height,
            Channels = Channels,
            ColumnNames = ColumnNames,
            Context = context,
        };
}
