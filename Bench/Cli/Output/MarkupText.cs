using System.Text;

namespace NativeFlow.Cli;

/// <summary>Text that came from outside, made safe for where it is going.</summary>
internal static class MarkupText
{
    /// <summary>For HTML, SVG and XML, inside elements and quoted attributes. What XML cannot hold, and signs that turn the direction of reading, become U+FFFD.</summary>
    public static string Html(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case '&': result.Append("&amp;"); break;
                case '<': result.Append("&lt;"); break;
                case '>': result.Append("&gt;"); break;
                case '"': result.Append("&quot;"); break;
                case '\'': result.Append("&#39;"); break;
                default:
                    if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) result.Append(c).Append(text[++i]);
                    else result.Append(IsPlain(c) ? c : '\uFFFD');
                    break;
            }
        }

        return result.ToString();
    }

    /// <summary>For a cell of a Markdown table: one line, no markup, no end of the cell.</summary>
    public static string MarkdownCell(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (char c in Html(text.ReplaceLineEndings(" ")).Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&#39;", "'", StringComparison.Ordinal))
        {
            if (c is '|' or '*' or '_' or '`' or '[' or ']' or '\\' or '~' or '#') result.Append('\\');
            result.Append(c is '\t' ? ' ' : c);
        }

        return result.ToString();
    }

    private static bool IsPlain(char c) =>
        !char.IsSurrogate(c) && c is not ('\uFFFE' or '\uFFFF') && (c >= ' ' || c is '\t' or '\n' or '\r') && c is not (>= '\u007F' and <= '\u009F')
        && c is not ((>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F');
}
