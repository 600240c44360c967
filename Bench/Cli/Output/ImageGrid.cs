namespace NativeFlow.Cli;

/// <summary>Lays equally large images out in a grid with gutters and writes one PNG.</summary>
public static class ImageGrid
{
    private const byte GutterShade = 64;

    /// <summary>Writes grey images, or planar RGB ones where <paramref name="channels"/> is 3.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="images">[count x channels x height x width], row-major.</param>
    /// <param name="count">Number of images; the last line of the grid may be part empty.</param>
    /// <param name="height">Height of one image.</param>
    /// <param name="width">Width of one image.</param>
    /// <param name="columns">Images a line.</param>
    /// <param name="scale">Each pixel becomes scale x scale pixels; the gutter is 1 pixel wide, from scale 4 on 2.</param>
    /// <param name="min">The value shown black; values below it are black too.</param>
    /// <param name="max">The value shown white; values above it are white too.</param>
    /// <param name="channels">1 or 3.</param>
    /// <exception cref="ArgumentException">Sizes disagree, or a value is NaN.</exception>
    public static void Write(
        string path, ReadOnlySpan<float> images, int count, int height, int width, int columns, int scale, float min, float max, int channels = 1)
    {
        if (count < 1 || height < 1 || width < 1 || columns < 1 || scale < 1 || channels is not (1 or 3) || (long)count * channels * height * width != images.Length)
        {
            throw new ArgumentException($"ImageGrid: {count} images of {channels}x{height}x{width}, {columns} a line, scale {scale}: sizes must be 1 or more (channels 1 or 3) and need {(long)count * channels * height * width} values, {images.Length} are given.", nameof(images));
        }

        if (!(min < max))
        {
            throw new ArgumentException($"ImageGrid: the black value {min} must lie below the white value {max}.", nameof(min));
        }

        columns = Math.Min(columns, count);
        int lines = (count + columns - 1) / columns;
        int gutter = scale >= 4 ? 2 : 1;
        int gridWidth = checked((columns * ((width * scale) + gutter)) + gutter);
        int gridHeight = checked((lines * ((height * scale) + gutter)) + gutter);
        byte[] grid = new byte[checked(gridWidth * gridHeight * channels)];
        grid.AsSpan().Fill(GutterShade);

        for (int image = 0; image < count; image++)
        {
            int left = gutter + (image % columns * ((width * scale) + gutter));
            int top = gutter + (image / columns * ((height * scale) + gutter));
            for (int y = 0; y < height * scale; y++)
            {
                for (int x = 0; x < width * scale; x++)
                {
                    for (int channel = 0; channel < channels; channel++)
                    {
                        float value = images[(((((image * channels) + channel) * height) + (y / scale)) * width) + (x / scale)];
                        grid[(((((top + y) * gridWidth) + left + x) * channels) + channel)] = Shade(value, min, max, image);
                    }
                }
            }
        }

        if (channels == 1)
        {
            PngWriter.WriteGray(path, grid, gridWidth, gridHeight);
        }
        else
        {
            PngWriter.WriteRgb(path, grid, gridWidth, gridHeight);
        }
    }

    private static byte Shade(float value, float min, float max, int image)
    {
        if (float.IsNaN(value))
        {
            throw new ArgumentException($"ImageGrid: image {image} holds NaN, which has no shade.", nameof(value));
        }

        return (byte)Math.Round(255.0 * (Math.Clamp(value, min, max) - (double)min) / ((double)max - min));
    }
}
