namespace NativeFlow.Cli;

/// <summary>A white RGB picture to draw on; coordinates in pixels, y downwards, shapes clipped to a window.</summary>
internal sealed class Canvas
{
    // 5 x 7 dots a sign, one row a character of 0 to 9 and A to V (five bits), for what the pictures have to say.
    private const string Signs = "0123456789.-abcdefghilmnoprstuwxy ";
    private const string Glyphs =
        "EHJLPHE4C4444EEH1248VV2421HE26AIV22VGU11HE68GUHHEV124888EHHEHHE" +
        "EHHF12C00000CC000V00000E1FHFGGMPHHU00EGGHE11DJHHF00EHVGE698S888" +
        "00FHF1EGGMPHHH40C444EC44444E00QLLLL00MPHHH00EHHHE00UHUGG00MPGGG" +
        "00FGE1U88S889600HHHJD00HHLLA00HA4AH00HHF1E0000000";

    private readonly byte[] _pixels;

    public Canvas(int width, int height)
    {
        (Width, Height) = (width, height);
        _pixels = new byte[checked(width * height * 3)];
        _pixels.AsSpan().Fill(255);
        Window = (0, 0, width, height);
    }

    public int Width { get; }

    public int Height { get; }

    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>Where shapes may leave marks.</summary>
    public (int X, int Y, int Width, int Height) Window { get; set; }

    /// <summary>Mixes a colour into one pixel.</summary>
    public void Blend(int x, int y, (byte Red, byte Green, byte Blue) colour, double share)
    {
        if (x < Window.X || y < Window.Y || x >= Window.X + Window.Width || y >= Window.Y + Window.Height || !(share > 0)) return;
        Span<byte> p = _pixels.AsSpan((y * Width + x) * 3, 3);
        share = Math.Min(1, share);
        p[0] = Mix(p[0], colour.Red, share);
        p[1] = Mix(p[1], colour.Green, share);
        p[2] = Mix(p[2], colour.Blue, share);
    }

    public void Fill(int x, int y, int width, int height, (byte, byte, byte) colour)
    {
        for (int i = y; i < y + height; i++)
            for (int j = x; j < x + width; j++) Blend(j, i, colour, 1);
    }

    /// <summary>A straight line with soft edges.</summary>
    public void Line(double x0, double y0, double x1, double y1, double thickness, (byte, byte, byte) colour, double share = 1)
    {
        double reach = 0.5 * thickness + 1;
        // Far outside of the window a line has no pixels to visit.
        double left = Math.Max(Math.Min(x0, x1) - reach, Window.X), right = Math.Min(Math.Max(x0, x1) + reach, Window.X + Window.Width - 1);
        double top = Math.Max(Math.Min(y0, y1) - reach, Window.Y), bottom = Math.Min(Math.Max(y0, y1) + reach, Window.Y + Window.Height - 1);
        double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
        for (int y = (int)Math.Floor(top); y <= bottom; y++)
            for (int x = (int)Math.Floor(left); x <= right; x++)
            {
                double t = square > 0 ? Math.Clamp(((x - x0) * dx + (y - y0) * dy) / square, 0, 1) : 0;
                double ex = x - x0 - t * dx, ey = y - y0 - t * dy;
                Blend(x, y, colour, share * Math.Clamp(0.5 * thickness + 0.5 - Math.Sqrt(ex * ex + ey * ey), 0, 1));
            }
    }

    public void Dot(double x, double y, double radius, (byte, byte, byte) colour, double share) => Line(x, y, x, y, 2 * radius, colour, share);

    /// <summary>Text in dots of <paramref name="dot"/> pixels; its upper left corner is (x, y).</summary>
    public void Text(int x, int y, string text, int dot, (byte, byte, byte) colour)
    {
        foreach (char c in text)
        {
            int sign = Signs.IndexOf(c);
            if (sign < 0) throw new ArgumentException($"Canvas.Text: there is no sign for '{c}'.", nameof(text));
            ReadOnlySpan<char> rows = Glyphs.AsSpan(7 * sign, 7);
            for (int r = 0; r < 7; r++)
            {
                int bits = rows[r] <= '9' ? rows[r] - '0' : rows[r] - 'A' + 10;
                for (int b = 0; b < 5; b++)
                    if ((bits >> (4 - b) & 1) != 0) Fill(x + b * dot, y + r * dot, dot, dot, colour);
            }

            x += 6 * dot;
        }
    }

    /// <summary>Pixels across of a text.</summary>
    public static int TextWidth(string text, int dot) => (6 * text.Length - 1) * dot;

    private static byte Mix(byte a, byte b, double share) => (byte)Math.Round(a + share * (b - a));
}
