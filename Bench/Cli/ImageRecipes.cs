using System.Text.Json.Nodes;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>The layers of the convolutional flows, as recipe entries, for images of a given shape. What stands before them (logit, standardising) is not their business.</summary>
internal static class ImageRecipes
{
    private const int SplineBins = 5;
    private const double SplineBound = 10;

    /// <summary>Channels of a conditioner from which on its activations are recomputed.</summary>
    private const int MostStoredHidden = 128;

    /// <summary>Nine layers (Keller et al. 2021): three blocks of three 3x3 convolutions with a squeeze between the blocks, a spline a pixel after every convolution but the last.</summary>
    /// <param name="shape">The images; both sides must be multiples of 4.</param>
    /// <param name="convolution">One convolution, as entries, for images of a shape.</param>
    public static JsonArray Conv9(ImageShape shape, Func<ImageShape, string[]> convolution)
    {
        RequireSides(shape, 2);
        var all = new JsonArray();
        for (int block = 0; block < 3; block++)
        {
            if (block > 0)
            {
                Add(all, Squeeze(shape));
                shape = Squeezed(shape);
            }

            for (int k = 0; k < 3; k++)
            {
                foreach (string layer in convolution(shape)) Add(all, layer);
                if (block < 2 || k < 2) Add(all, Spline(shape));
            }
        }

        return all;
    }

    /// <summary>A 3x3 convolution padded with zeros; the strategy is the preset's.</summary>
    public static string[] Convolution(ImageShape s) => [$$"""{"kind":"conv2d",{{Of(s)}},"kernel":3 }"""];

    /// <summary>An emerging convolution: 1x1 and two autoregressive ones that look in opposite directions.</summary>
    public static string[] Emerging(ImageShape s) => [$$"""{"kind":"emerging",{{Of(s)}},"kernel":2 }"""];

    /// <summary>A 1x1 convolution and the exponential of a 3x3 one.</summary>
    public static string[] Exponential(ImageShape s) => [$$"""{"kind":"conv1x1",{{Of(s)}} }""", $$"""{"kind":"conv-exponential",{{Of(s)}},"kernel":3 }"""];

    /// <summary>
    /// Glow (Kingma and Dhariwal 2018), with the sizes of Keller et al. 2021 for images of more than 64 features: levels of a squeeze and steps of ActNorm, a 1x1
    /// convolution and an affine coupling; half of the channels leave after each level, under a prior that the others give.
    /// </summary>
    /// <param name="shape">The images; both sides must be multiples of 4, of 8 from 1024 features on.</param>
    /// <param name="mixing">The 1x1 convolution, as an entry, for images of a shape.</param>
    public static JsonArray Glow(ImageShape shape, Func<ImageShape, string> mixing)
    {
        (int levels, int steps, int hidden) = shape.Features switch { <= 64 => (2, 4, 32), < 1024 => (2, 16, 512), _ => (3, 32, 512) };
        RequireSides(shape, levels);
        int dimension = shape.Features;
        var list = new JsonArray();
        for (int level = 0; level < levels; level++)
        {
            bool last = level == levels - 1;
            JsonArray layers = [], inner = layers;
            Add(layers, Squeeze(shape));
            shape = Squeezed(shape);
            if (hidden > MostStoredHidden)
            {
                // Activations of wide networks would take gigabytes.
                inner = [];
                layers.Add(new JsonObject { ["kind"] = "recomputed", ["layers"] = inner });
            }

            for (int k = 0; k < steps; k++)
            {
                Add(inner, $$"""{"kind":"actnorm","channels":{{shape.Channels}},"pixels":{{shape.Pixels}} }""");
                Add(inner, mixing(shape));
                Add(inner, Coupling(shape, hidden));
            }

            var entry = new JsonObject { ["layers"] = layers };
            if (!last)
            {
                Add(inner, Coupling(shape, hidden));
                shape = shape with { Channels = shape.Channels / 2 };
                entry["leave"] = shape.Features;
            }

            list.Add(entry);
        }

        return [new JsonObject { ["kind"] = "multi-scale", ["dimension"] = dimension, ["leaves"] = "last", ["levels"] = list }];
    }

    /// <summary>A 1x1 convolution by its PLU factors.</summary>
    public static string Mixing(ImageShape s) => $$"""{"kind":"conv1x1",{{Of(s)}},"form":"plu"}""";

    /// <summary>A 1x1 convolution that takes the preset's strategy.</summary>
    public static string MixingByStrategy(ImageShape s) => $$"""{"kind":"conv2d",{{Of(s)}},"kernel":1 }""";

    /// <summary>Refuses images whose sides cannot be halved so often.</summary>
    /// <exception cref="BadInputException">A side is no multiple of 2^squeezes.</exception>
    public static void RequireSides(ImageShape shape, int squeezes)
    {
        int factor = 1 << squeezes;
        if (shape.Height % factor != 0 || shape.Width % factor != 0)
            throw new BadInputException($"--model: this flow halves the sides of its images {squeezes} times, but they are {shape.Height}x{shape.Width} pixels; both sides must be multiples of {factor}. Crop or pad the images, or use a flow of vectors such as spline-fc2.");
    }

    private static string Coupling(ImageShape s, int hidden) => $$"""{"kind":"glow-coupling",{{Of(s)}},"hidden":{{hidden}} }""";

    private static ImageShape Squeezed(ImageShape s) => new(4 * s.Channels, s.Height / 2, s.Width / 2);

    private static string Squeeze(ImageShape s) => $$"""{"kind":"squeeze",{{Of(s)}} }""";

    /// <summary>A rational-quadratic spline of its own for every pixel.</summary>
    public static string Spline(ImageShape s)
        => $$"""{"kind":"rational-quadratic-spline","dimension":{{s.Features}},"bins":{{SplineBins}},"tail_bound":{{SplineBound}},"identity_init":true}""";

    private static string Of(ImageShape s) => $"\"channels\":{s.Channels},\"height\":{s.Height},\"width\":{s.Width}";

    private static void Add(JsonArray all, string layer) => all.Add(JsonNode.Parse(layer));
}
