using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Columns chosen by the user: a comma separated list of numbers from 0, ranges (both ends included) and header names, e.g.
/// <c>0-10,12</c> or <c>pH,alcohol</c>. The order of the list is the order of the result.
/// </summary>
public sealed class ColumnSelection
{
    private readonly int[] _indices;

    private ColumnSelection(int[] indices) => _indices = indices;

    /// <summary>Column numbers from 0, in the order given, none twice.</summary>
    public ReadOnlySpan<int> Indices => _indices;

    /// <summary>Reads a list against a table's columns.</summary>
    /// <exception cref="BadInputException">An item is no column of the table, is empty, or names a column again.</exception>
    public static ColumnSelection Parse(string list, Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Parse(list, table.Columns, table.ColumnNames, table.Name);
    }

    /// <summary>As the other overload, for columns that are not a table yet; <paramref name="source"/> is named in errors.</summary>
    /// <exception cref="BadInputException">An item is no column, is empty, or names a column again.</exception>
    public static ColumnSelection Parse(string list, int columns, IReadOnlyList<string>? names, string source)
    {
        ArgumentNullException.ThrowIfNull(list);
        List<int> indices = [];
        bool[] taken = new bool[columns];
        foreach (string raw in list.Split(','))
        {
            string item = raw.Trim();
            (int first, int last) = Find(item, list, columns, names, source);
            for (int i = first; i <= last; i++)
            {
                if (taken[i])
                {
                    throw Bad(list, source, $"names column {i} twice", columns, names);
                }

                taken[i] = true;
                indices.Add(i);
            }
        }

        return new ColumnSelection([.. indices]);
    }

    private static (int First, int Last) Find(string item, string list, int columns, IReadOnlyList<string>? names, string source)
    {
        if (item.Length == 0)
        {
            throw Bad(list, source, "has an empty item", columns, names);
        }

        // A name wins over a range, so that a column called "1-2" can be reached.
        int named = -1;
        for (int i = 0; names is not null && i < names.Count; i++)
        {
            if (string.Equals(names[i], item, StringComparison.Ordinal))
            {
                if (named >= 0)
                {
                    throw Bad(list, source, $"names {BadInputException.Quote(item)}, which is both column {named} and column {i}", columns, names);
                }

                named = i;
            }
        }

        if (named >= 0)
        {
            return (named, named);
        }

        int dash = item.IndexOf('-');
        bool parsed = Number(dash < 0 ? item : item[..dash], out int first);
        int last = first;
        parsed = parsed && (dash < 0 || Number(item[(dash + 1)..], out last));
        if (!parsed)
        {
            throw Bad(list, source, $"has {BadInputException.Quote(item)}, which is neither a column's name nor a number nor a range", columns, names);
        }

        if (last < first || last >= columns)
        {
            throw Bad(list, source, last < first ? $"has the range {BadInputException.Quote(item)}, whose end lies before its beginning" : $"asks for column {last}", columns, names);
        }

        return (first, last);
    }

    private static bool Number(string text, out int number) => int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static BadInputException Bad(string list, string source, string what, int columns, IReadOnlyList<string>? names)
    {
        string known = names is null ? "" : $" or names such as {BadInputException.Quote(names[0])}";
        return new BadInputException($"{source}: the column list {BadInputException.Quote(list)} {what}; expected numbers 0 to {columns - 1}, ranges like 0-{columns - 1}{known}, separated by commas.");
    }
}
