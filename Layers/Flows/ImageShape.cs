using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>How a row of features is an image: feature index (channel * Height + row) * Width + column.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Numbers in one channel.</summary>
    public int Pixels => Height * Width;

    /// <summary>Numbers in one image.</summary>
    public int Features => Channels * Pixels;

    /// <summary>Whether the numbers make an image.</summary>
    /// <exception cref="ArgumentException">One is less than 1, or they are too large together.</exception>
    public void Check()
    {
        if (Channels < 1 || Height < 1 || Width < 1) throw new ArgumentException($"the image is {this}; channels, height and width must be 1 or more.");
        if ((long)Channels * Height * Width > int.MaxValue) throw new ArgumentException($"the image is {this}; that is too many numbers.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}x{Height}x{Width}";

    /// <summary>From the properties channels, height, width of a recipe entry.</summary>
    internal static ImageShape Read(ConfigReader reader) => new(reader.Integer("channels", 1), reader.Integer("height", 1), reader.Integer("width", 1));

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("channels", Channels);
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
    }
}
