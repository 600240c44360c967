using System.Text;

namespace NativeFlow.Layers;

/// <summary>Cuts a line of delimited text into trimmed cells; a cell in double quotes may hold the separator, and "" for a quote.</summary>
internal sealed class CellSplitter(byte separator)
{
    private readonly List<Range> _cells = [];

    /// <summary>The cells of the last line that was split.</summary>
    internal IReadOnlyList<Range> Cells => _cells;

    /// <summary>Tab, semicolon or comma, whichever the line has first in this order; otherwise blanks.</summary>
    internal static byte Detect(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> candidates = "\t;,"u8;
        foreach (byte candidate in candidates)
        {
            bool quoted = false;
            foreach (byte b in line)
            {
                quoted ^= b == '"';
                if (b == candidate && !quoted)
                {
                    return candidate;
                }
            }
        }

        return (byte)' ';
    }

    /// <summary>Splits a line; false if a quote is left open.</summary>
    internal bool Split(ReadOnlySpan<byte> line)
    {
        _cells.Clear();
        int at = 0;
        if (separator == ' ')
        {
            at = SkipBlanks(line, 0);
            if (at == line.Length)
            {
                return true;
            }
        }

        while (true)
        {
            at = SkipBlanks(line, at);
            int begin = at;
            int end;
            if (at < line.Length && line[at] == '"')
            {
                begin++;
                at++;
                while (at < line.Length && (line[at] != '"' || at + 1 < line.Length && line[at + 1] == '"'))
                {
                    at += line[at] == '"' ? 2 : 1;
                }

                if (at >= line.Length)
                {
                    return false;
                }

                end = at++;
                int next = SkipBlanks(line, at);
                if (next < line.Length && line[next] != separator && (separator != ' ' || next == at))
                {
                    // Text after the closing quote belongs to no cell.
                    return false;
                }

                at = separator == ' ' ? at : next;
            }
            else
            {
                while (at < line.Length && line[at] != separator)
                {
                    at++;
                }

                end = at;
                while (end > begin && line[end - 1] is (byte)' ' or (byte)'\t')
                {
                    end--;
                }
            }

            _cells.Add(begin..end);
            if (separator == ' ')
            {
                at = SkipBlanks(line, at);
            }

            if (at == line.Length)
            {
                return true;
            }

            at += separator == ' ' ? 0 : 1;
        }
    }

    internal static string Text(ReadOnlySpan<byte> line, Range cell) => Encoding.UTF8.GetString(line[cell]).Replace("\"\"", "\"", StringComparison.Ordinal);

    // A tab is a blank unless it is the separator.
    private int SkipBlanks(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && (line[at] == ' ' || line[at] == '\t' && separator != '\t'))
        {
            at++;
        }

        return at;
    }
}
