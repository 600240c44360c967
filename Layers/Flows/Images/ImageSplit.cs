using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>How the features of an image are divided in two: the first part passes through a coupling, the second moves.</summary>
/// <remarks>
/// channel: the first ceil(C / 2) channels, then the others. checkerboard: the features whose channel, row and column sum to an odd number,
/// then the others. channel_inv and checkerboard_inv exchange the parts. Or any list of channels that are the second part. Features keep their
/// order in each part, so that a part of a checkerboard is an image of half the width.
/// </remarks>
public sealed class ImageSplit
{
    private static readonly string[] s_names = ["channel", "channel_inv", "checkerboard", "checkerboard_inv"];

    private readonly int[]? _channels;

    private ImageSplit(in ImageShape image, string name, int[]? channels, Func<int, int, int, bool> isSecond)
    {
        ImageColumns.Check(image);
        Image = image;
        Name = name;
        _channels = channels;
        Mask = new bool[image.Features];
        for (int c = 0, i = 0; c < image.Channels; c++)
            for (int h = 0; h < image.Height; h++)
                for (int w = 0; w < image.Width; w++, i++) Mask[i] = isSecond(c, h, w);
        int second = Mask.AsSpan().Count(true);
        if (second == 0 || second == image.Features) throw new ArgumentException($"split {name} leaves one part of an image {image} empty; squeeze it first, or take another split.");
        First = Part(image.Features - second);
        Second = Part(second);
    }

    /// <summary>Names of the splits that need no list of channels.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The image that is split.</summary>
    public ImageShape Image { get; }

    /// <summary>One of <see cref="Names"/>, or "channels" where a list is given.</summary>
    public string Name { get; }

    /// <summary>The image that the first part is.</summary>
    public ImageShape First { get; }

    /// <summary>The image that the second part is.</summary>
    public ImageShape Second { get; }

    // One entry a feature: true in the second part.
    internal bool[] Mask { get; }

    /// <summary>One of <see cref="Names"/>.</summary>
    /// <exception cref="ArgumentException">There is no such split, a part is empty, or a checkerboard has rows of odd length.</exception>
    public static ImageSplit Of(in ImageShape image, string name)
    {
        int half = (image.Channels + 1) / 2;
        switch (name)
        {
            case "channel": return new ImageSplit(image, name, null, (c, _, _) => c >= half);
            case "channel_inv": return new ImageSplit(image, name, null, (c, _, _) => c < half);
            case "checkerboard" or "checkerboard_inv":
                if (image.Width % 2 != 0) throw new ArgumentException($"split {name}: the image is {image}; a checkerboard needs an even width, pad it or split by channels.");
                int parity = name == "checkerboard" ? 0 : 1;
                return new ImageSplit(image, name, null, (c, h, w) => (c + h + w) % 2 == parity);
            default: throw new ArgumentException($"split is '{name}'; it must be one of {string.Join(", ", s_names)}, or a list of the channels that move.");
        }
    }

    /// <summary>The channels listed are the second part.</summary>
    /// <exception cref="ArgumentException">A channel is not there or there twice, or a part is empty.</exception>
    public static ImageSplit Channels(in ImageShape image, ReadOnlySpan<int> second)
    {
        int[] list = second.ToArray();
        for (int i = 0; i < list.Length; i++)
        {
            if ((uint)list[i] >= (uint)image.Channels || Array.IndexOf(list, list[i]) != i)
                throw new ArgumentException($"split names channel {list[i]}; it must list different channels from 0 to {image.Channels - 1}.");
        }
        return new ImageSplit(image, "channels", list, (c, _, _) => Array.IndexOf(list, c) >= 0);
    }

    /// <summary>Columns of the first part, in ascending order.</summary>
    public int[] FirstColumns() => Columns(false);

    /// <summary>Columns of the second part, in ascending order.</summary>
    public int[] SecondColumns() => Columns(true);

    /// <summary>From the properties channels, height, width and split of a recipe entry.</summary>
    internal static ImageSplit Read(ConfigReader reader)
    {
        ImageShape image = ImageShape.Read(reader);
        if (reader.IsList("split"))
        {
            int[] channels = reader.Integers("split");
            return reader.Check(() => Channels(image, channels));
        }
        string name = reader.Choice("split", s_names[0], s_names);
        return reader.Check(() => Of(image, name));
    }

    internal void Write(Utf8JsonWriter json)
    {
        Image.Write(json);
        if (_channels is null)
        {
            json.WriteString("split", Name);
            return;
        }
        json.WriteStartArray("split");
        foreach (int c in _channels) json.WriteNumberValue(c);
        json.WriteEndArray();
    }

    private ImageShape Part(int features)
        => Name.StartsWith("checkerboard", StringComparison.Ordinal) ? Image with { Width = Image.Width / 2 } : Image with { Channels = features / Image.Pixels };

    private int[] Columns(bool second)
    {
        var columns = new int[(second ? Second : First).Features];
        for (int i = 0, k = 0; i < Mask.Length; i++)
            if (Mask[i] == second) columns[k++] = i;
        return columns;
    }
}
