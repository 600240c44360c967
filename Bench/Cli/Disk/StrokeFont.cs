namespace NativeFlow.Cli.Disk;

/// <summary>Letters of straight strokes for PNG pictures, of any size. The same widths serve to place the labels of SVG pictures.</summary>
internal static class StrokeFont
{
    // Polylines of points xy: x from 0, y with the foot at 2, small letters up to 6, capitals up to 8. A sign of one point is a dot.
    private static readonly Dictionary<char, string> Glyphs = new()
    {
        ['a'] = "361605031232434536 4642",
        ['b'] = "0802 0516364543321203",
        ['c'] = "4536160503123243",
        ['d'] = "4842 4536160503123243",
        ['e'] = "04444536160503123243",
        ['f'] = "38281712 0636",
        ['g'] = "4536160503123243 4641301001",
        ['h'] = "0802 0516364542",
        ['i'] = "0602 0808",
        ['j'] = "161100 1818",
        ['k'] = "0802 3603 1432",
        ['l'] = "0802",
        ['m'] = "0602 0516263532 3546566562",
        ['n'] = "0602 0516364542",
        ['o'] = "361605031232434536",
        ['p'] = "0600 0516364543321203",
        ['q'] = "4640 4536160503123243",
        ['r'] = "0602 051636",
        ['s'] = "45361605143443321203",
        ['t'] = "18132232 0636",
        ['u'] = "0603123243 4642",
        ['v'] = "062246",
        ['w'] = "0622354266",
        ['x'] = "0642 0246",
        ['y'] = "0622 4610",
        ['z'] = "06460242",
        ['é'] = "04444536160503123243 1738",
        ['A'] = "022842 1434",
        ['B'] = "0802 083847463505 3544433202",
        ['C'] = "4738180703123243",
        ['D'] = "080232434738 3808",
        ['E'] = "48080242 0535",
        ['F'] = "480802 0535",
        ['G'] = "473818070312324345 4525",
        ['H'] = "0802 4842 0545",
        ['I'] = "0802",
        ['J'] = "4843321203",
        ['K'] = "0802 4804 1542",
        ['L'] = "080242",
        ['M'] = "0208346862",
        ['N'] = "02084248",
        ['O'] = "381807031232434738",
        ['P'] = "02083847463505",
        ['Q'] = "381807031232434738 3442",
        ['R'] = "02083847463505 2542",
        ['S'] = "473818070615354443321203",
        ['T'] = "0848 2822",
        ['U'] = "080312324348",
        ['V'] = "082248",
        ['W'] = "0812365268",
        ['X'] = "0842 0248",
        ['Y'] = "082548 2522",
        ['Z'] = "08480242",
        ['0'] = "381807031232434738",
        ['1'] = "062822",
        ['2'] = "07183847460242",
        ['3'] = "0718384746354443321203 3525",
        ['4'] = "32380444",
        ['5'] = "480805354443321203",
        ['6'] = "473818070312324344351504",
        ['7'] = "084812",
        ['8'] = "15060718384746351504031232434435",
        ['9'] = "031232434738180706153546",
        ['.'] = "0202",
        [','] = "1201",
        ['-'] = "0434",
        ['_'] = "0141",
        [':'] = "0303 0606",
        ['/'] = "0238",
        ['+'] = "2622 0444",
        ['='] = "0343 0545",
        ['('] = "18060311",
        [')'] = "08161301",
        ['\''] = "0807",
        ['%'] = "0248 0707 4343",
        [' '] = "",
    };

    private const string Unknown = "0208484202";
    private const double Across = 0.088, Up = 0.125, Space = 1.8;

    /// <summary>Width of a text at a size (as of SVG: about 1.4 times a capital's height).</summary>
    public static double Width(string text, double size)
    {
        double units = -Space;
        foreach (char c in text) units += Advance(c);
        return Math.Max(0, units) * Across * size;
    }

    /// <summary>Draws a text whose foot starts at (x, y).</summary>
    public static void Draw(Canvas canvas, double x, double y, string text, double size, double thickness, (byte, byte, byte) colour)
    {
        foreach (char c in text)
        {
            foreach (string stroke in Strokes(c).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                for (int i = 0; i + 2 < stroke.Length; i += 2)
                    canvas.Line(X(stroke[i]), Y(stroke[i + 1]), X(stroke[i + 2]), Y(stroke[i + 3]), thickness, colour);
            x += Advance(c) * Across * size;
        }

        double X(char digit) => x + (digit - '0') * Across * size - 0.5;
        double Y(char digit) => y - (digit - '2') * Up * size - 0.5;
    }

    private static double Advance(char c)
    {
        if (c == ' ') return 3.2;
        string strokes = Strokes(c);
        int most = 0;
        for (int i = 0, at = 0; i < strokes.Length; i++)
        {
            if (strokes[i] == ' ') at = 0;
            else if (at++ % 2 == 0) most = Math.Max(most, strokes[i] - '0');
        }

        return most + Space;
    }

    private static string Strokes(char c) => Glyphs.GetValueOrDefault(c, Unknown);
}
