namespace NativeFlow.Cli.Compare;

/// <summary>How a report looks: light or dark as the reader's system is, and on paper.</summary>
internal static class ReportStyle
{
    private const string Shared = """
        :root{color-scheme:light dark}
        body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;max-width:1240px;margin:0 auto;padding:1.5em 1.2em}
        h1{font-size:1.6em;margin:0 0 .6em}
        h2{font-size:1.25em;margin:2.2em 0 .4em;padding-top:.6em}
        h3{font-size:1em;margin:1.4em 0 .4em}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{padding:.25em .7em;text-align:right;vertical-align:top;white-space:nowrap}
        th{font-weight:600;font-size:.87em}
        th.word,td.word,.setup th,.setup td{text-align:left}
        .setup td{white-space:normal;overflow-wrap:anywhere}
        td.best{font-weight:700}
        td.bad{font-style:italic}
        .wide{overflow-x:auto}
        .small{font-size:.85em;max-width:62em}
        .runs table{font-size:.78em}
        .plots{display:flex;flex-wrap:wrap;gap:1em}
        figure{margin:.8em 0;max-width:100%}
        svg{max-width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        svg .head{font-size:13px;font-weight:600}
        svg .title{font-size:12px}
        svg .tick,svg .label{font-size:11px}
        svg .note{font-size:10.5px;font-style:italic;stroke-width:3;stroke-linejoin:round;paint-order:stroke}
        .line{fill:none;stroke-width:2;stroke-linejoin:round}
        .broken{fill:none;stroke-width:1;stroke-linejoin:round;opacity:.8}
        .cross{fill:none;stroke-width:2}
        .band{opacity:.16}
        .mark{stroke-width:1}
        .grid{stroke-width:1}
        .axis{stroke-width:1}
        .guide{stroke-width:1.2;stroke-dasharray:5 4;fill:none}
        .leader{stroke-width:.7}

        """;

    private const string Print = """
        @media print{
        body{max-width:none;padding:0;font-size:10pt}
        section,figure,tr{break-inside:avoid}
        section{break-inside:auto}
        .wide{overflow:visible}
        .runs table{font-size:5.5pt}
        .runs th,.runs td{padding:.15em .3em;white-space:normal}
        }

        """;

    /// <summary>The whole style sheet.</summary>
    public static string Css { get; } = Shared
        + Colours("#ffffff", "#1c1c1c", "#5a5a5a", "#e3e3e3", "#8a8a8a", "#b3261e") + PlotStyle.Css(dark: false)
        // Paper is white, whatever the screen was.
        + "@media screen and (prefers-color-scheme:dark){\n" + Colours("#16181b", "#e6e6e6", "#a9a9a9", "#33373c", "#7d8288", "#ff8a80") + PlotStyle.Css(dark: true) + "}\n"
        + Print;

    private static string Colours(string page, string ink, string soft, string grid, string axis, string bad) =>
        $"body{{background:{page};color:{ink}}}\n.small{{color:{soft}}}\nthead th{{border-bottom:1px solid {axis}}}\ntd,.setup th{{border-bottom:1px solid {grid}}}\ntd.bad{{color:{bad}}}\nh2{{border-top:1px solid {grid}}}\n"
        + $"svg .head,svg .label{{fill:{ink}}}\nsvg .title,svg .tick,svg .note{{fill:{soft}}}\n.grid{{stroke:{grid}}}\n.axis{{stroke:{axis}}}\n.guide{{stroke:{soft}}}\n.leader{{stroke:{axis}}}\n.mark,svg .note{{stroke:{page}}}\n";
}
