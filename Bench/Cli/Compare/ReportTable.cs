using System.Text;

namespace NativeFlow.Cli.Compare;

/// <summary>A table that a report shows as HTML and as Markdown.</summary>
/// <param name="Title">A heading.</param>
/// <param name="Note">What the reader must know to read it; may be empty.</param>
/// <param name="Columns">Heads; numbers stand to the right from <paramref name="Texts"/> on.</param>
/// <param name="Texts">How many of the first columns hold words.</param>
/// <param name="Rows">One cell a column.</param>
internal sealed record ReportTable(string Title, string Note, IReadOnlyList<string> Columns, int Texts, IReadOnlyList<IReadOnlyList<ReportCell>> Rows)
{
    public void Html(StringBuilder html)
    {
        html.Append("<h3>").Append(MarkupText.Html(Title)).Append("</h3>\n");
        html.Append("<div class=\"wide\"><table>\n<thead><tr>");
        for (int i = 0; i < Columns.Count; i++) html.Append(i < Texts ? "<th scope=\"col\" class=\"word\">" : "<th scope=\"col\">").Append(MarkupText.Html(Columns[i])).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<ReportCell> row in Rows)
        {
            html.Append("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                ReportCell cell = row[i];
                string kind = string.Join(' ', new[] { i < Texts ? "word" : "", cell.IsBest ? "best" : "", cell.IsBad ? "bad" : "" }.Where(k => k.Length > 0));
                html.Append(kind.Length > 0 ? $"<td class=\"{kind}\">" : "<td>").Append(MarkupText.Html(cell.Text)).Append(cell.IsBest ? " ★" : "").Append("</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");
        if (Note.Length > 0) html.Append("<p class=\"small\">").Append(MarkupText.Html(Note)).Append("</p>\n");
    }

    public void Markdown(StringBuilder text)
    {
        text.Append("### ").Append(MarkupText.MarkdownCell(Title)).Append("\n\n|");
        foreach (string column in Columns) text.Append(' ').Append(MarkupText.MarkdownCell(column)).Append(" |");
        text.Append("\n|");
        for (int i = 0; i < Columns.Count; i++) text.Append(i < Texts ? "---|" : "---:|");
        text.Append('\n');
        foreach (IReadOnlyList<ReportCell> row in Rows)
        {
            text.Append('|');
            foreach (ReportCell cell in row)
            {
                string content = MarkupText.MarkdownCell(cell.Text);
                text.Append(' ').Append(cell.IsBest ? $"**{content}** ★" : cell.IsBad ? $"*{content}*" : content).Append(" |");
            }

            text.Append('\n');
        }

        if (Note.Length > 0) text.Append('\n').Append(MarkupText.MarkdownCell(Note)).Append('\n');
        text.Append('\n');
    }
}
