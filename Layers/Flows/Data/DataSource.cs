using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Opens a data set by name or path; the format is told by the content, never by the file's ending.</summary>
public static class DataSource
{
    private const string Accepted = "expected 'optdigits' (built in), 'toy:NAME' (such as toy:two-moons), 'mixing:COND' (such as mixing:10), 'bdp' or 'bdp-heldout' (branching diffusion, such as bdp:1), 'sphere:FILE' (latitudes and longitudes in degrees), a folder with train-images-idx3-ubyte and t10k-images-idx3-ubyte, "
        + "or one file: IDX images, NumPy .npy, or text (comma, semicolon, tab or blank separated), each plain or .gz";

    /// <summary>Opens a data set.</summary>
    /// <param name="nameOrPath"><c>optdigits</c>, <c>toy:NAME</c> (see <see cref="Toys"/>), <c>mixing:COND</c> (see <see cref="LaplaceMixing"/>), <c>bdp</c> (see <see cref="BranchingDiffusion"/>), a folder of IDX files, or a file.</param>
    /// <param name="columns">A <see cref="ColumnSelection"/> list, or null for all columns.</param>
    /// <param name="splitFile">A <see cref="SplitFile"/>, or null for the default split; sets that come divided take none.</param>
    /// <param name="contextColumns">A <see cref="ColumnSelection"/> list of context columns, or null for none (or for those that <paramref name="columns"/> names behind a bar, as in <c>0-3|4</c>); where <paramref name="columns"/> is null the others are data.</param>
    /// <exception cref="BadInputException">Not found, not understood, or damaged.</exception>
    public static DataSet Open(string nameOrPath, string? columns = null, string? splitFile = null, string? contextColumns = null)
    {
        (columns, contextColumns) = Given(nameOrPath, columns, contextColumns);
        if (string.IsNullOrWhiteSpace(nameOrPath))
        {
            throw new BadInputException($"data: no name given; {Accepted}.");
        }

        bool builtIn = IsNamed(nameOrPath);
        if (builtIn || Directory.Exists(nameOrPath))
        {
            if (splitFile is not null)
            {
                throw new BadInputException($"{splitFile}: {nameOrPath} comes divided into train, validation and test and takes no split file; leave it out.");
            }

            if (!builtIn && !IdxReader.LooksLikeFolder(nameOrPath))
            {
                throw new BadInputException($"{nameOrPath}: the folder has no train-images-idx3-ubyte(.gz); {Accepted}.");
            }

            DataSet set = Toys.IsToy(nameOrPath) ? Toys.Open(nameOrPath) : LaplaceMixing.IsMixing(nameOrPath) ? LaplaceMixing.Open(nameOrPath) : BranchingDiffusion.IsBranching(nameOrPath) ? BranchingDiffusion.Create(nameOrPath).Data : builtIn ? Optdigits.Load() : IdxReader.ReadFolder(nameOrPath);
            if (contextColumns is not null)
                return new DataSet(set.Name, Choose(set.Train, columns, contextColumns), Choose(set.Validation, columns, contextColumns), Choose(set.Test, columns, contextColumns));
            return columns is null ? set : set.SelectColumns(ColumnSelection.Parse(columns, set.Train).Indices);
        }

        Table table = OpenFile(nameOrPath, columns, contextColumns);
        return DataSet.From(table, splitFile is null ? SplitFile.Default(table.Name, table.Rows) : SplitFile.Read(splitFile, table.Rows));
    }

    /// <summary>Opens a single file whole, its rows in the order of the file.</summary>
    /// <param name="path">A file; sets that come divided have no one order of rows, use <see cref="Open"/> for them.</param>
    /// <param name="columns">As in <see cref="Open"/>.</param>
    /// <param name="contextColumns">As in <see cref="Open"/>.</param>
    /// <exception cref="BadInputException">Not found, not a file, not understood, or damaged.</exception>
    public static Table OpenFile(string path, string? columns = null, string? contextColumns = null)
    {
        (columns, contextColumns) = Given(path, columns, contextColumns);
        if (contextColumns is null) return ReadFile(path, columns);
        // Read twice where both are named: columns that nobody asks for may hold text.
        return columns is null ? Choose(ReadFile(path, null), null, contextColumns) : ReadFile(path, columns).WithContext(ReadFile(path, contextColumns));
    }

    /// <summary>Whether a name or path is a set that comes divided into train, validation and test.</summary>
    public static bool IsDivided(string nameOrPath) => IsNamed(nameOrPath) || Directory.Exists(nameOrPath);

    /// <summary>Whether a data set is asked for by name, not by path.</summary>
    public static bool IsNamed(string name) => name == "optdigits" || Toys.IsToy(name) || LaplaceMixing.IsMixing(name) || BranchingDiffusion.IsBranching(name);

    // "0-3|4" is 0-3 given 4, "|4" everything else given 4.
    private static (string? Columns, string? Context) Given(string source, string? columns, string? contextColumns)
    {
        if (columns is null || contextColumns is not null) return (columns, contextColumns);
        string[] parts = columns.Split('|');
        if (parts.Length == 1) return (columns, null);
        if (parts.Length > 2 || string.IsNullOrWhiteSpace(parts[1]))
            throw new BadInputException($"{source}: the column list {BadInputException.Quote(columns)} has {(parts.Length > 2 ? "more than one bar" : "nothing behind its bar")}; expected data columns, a bar and context columns, such as 0-3|4.");
        return (string.IsNullOrWhiteSpace(parts[0]) ? null : parts[0], parts[1]);
    }

    private static Table Choose(Table table, string? columns, string? contextColumns)
    {
        if (contextColumns is null) return columns is null ? table : table.SelectColumns(ColumnSelection.Parse(columns, table).Indices);
        ColumnSelection context = ColumnSelection.Parse(contextColumns, table);
        return columns is null ? table.WithContextColumns(context.Indices) : table.SelectColumns(ColumnSelection.Parse(columns, table).Indices).WithContext(table.SelectColumns(context.Indices));
    }

    private static Table ReadFile(string path, string? columns)
    {
        if (path.StartsWith(SphereCoordinates.Prefix, StringComparison.Ordinal)) return SphereCoordinates.FromDegrees(ReadFile(path[SphereCoordinates.Prefix.Length..], columns));
        Span<byte> start = stackalloc byte[512];
        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: no such file or data set; {Accepted}.");
        }

        using (DataFile file = DataFile.Open(path, "data"))
        {
            start = start[..file.ReadUpTo(start)];
        }

        if (start.Length >= 6 && start[0] == 0x93 && start[1..6].SequenceEqual("NUMPY"u8))
        {
            return NpyReader.Read(path, columns);
        }

        if (start.Length >= 4 && start[0] == 0 && start[1] == 0)
        {
            Table images = IdxReader.Read(path);
            return columns is null ? images : images.SelectColumns(ColumnSelection.Parse(columns, images).Indices);
        }

        if (start.Contains((byte)0) || start.StartsWith("PK\u0003\u0004"u8))
        {
            throw new BadInputException($"{path}: is neither text nor a known binary format; {Accepted}.");
        }

        return DelimitedReader.Read(path, columns);
    }
}
