using System.Globalization;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Disk;

/// <summary>Two disks side by side.</summary>
internal sealed record DiskPair(DiskPicture Left, DiskPicture Right)
{
    private int Width => Left.Width + Right.Width;

    private int Height => Math.Max(Left.Height, Right.Height);

    /// <summary>Writes them, as the file's ending says.</summary>
    public void Write(string path)
    {
        if (path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase)) AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Svg())));
        else PngWriter.WriteRgb(path, Draw(), Width, Height);
    }

    private byte[] Draw()
    {
        var pixels = new byte[3 * Width * Height];
        pixels.AsSpan().Fill(255);
        int from = 0;
        foreach (DiskPicture picture in (DiskPicture[])[Left, Right])
        {
            Canvas canvas = picture.Draw();
            for (int y = 0; y < canvas.Height; y++) canvas.Pixels.Slice(3 * y * canvas.Width, 3 * canvas.Width).CopyTo(pixels.AsSpan(3 * (y * Width + from)));
            from += canvas.Width;
        }

        return pixels;
    }

    private string Svg()
        => string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\">\n<g>\n{Left.Svg()}</g>\n<g transform=\"translate({Left.Width} 0)\">\n{Right.Svg()}</g>\n</svg>\n");
}
