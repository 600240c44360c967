using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Layers inside a layer: their recipes, their scopes and what they demand in common.</summary>
internal static class LayerList
{
    /// <summary>Makes the layers of a recipe list.</summary>
    /// <exception cref="BadInputException">An entry is bad.</exception>
    public static List<IBijector<T>> Read<T>(JsonElement list) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var layers = new List<IBijector<T>>();
        foreach (JsonElement layer in list.EnumerateArray())
        {
            try
            {
                layers.Add(BijectorRegistry.Create<T>(ConfigReader.KindOf("layers", layer), layer));
            }
            catch (BadInputException e)
            {
                // A layer names its kind; which of them it is, only the list knows.
                throw new BadInputException($"layers.{layers.Count}: {e.Message}", e);
            }
        }
        return layers;
    }

    /// <summary>Writes the list, brackets included.</summary>
    public static void Write<T>(Utf8JsonWriter json, string property, IReadOnlyList<IBijector<T>> layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        json.WriteStartArray(property);
        foreach (IBijector<T> layer in layers)
        {
            json.WriteStartObject();
            json.WriteString("kind", layer.Kind);
            layer.WriteConfig(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Refuses layers of another width, or of another context than <paramref name="context"/>.</summary>
    public static void Check<T>(string what, IReadOnlyList<IBijector<T>> layers, int dimension, int context) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i].Dimension != dimension) throw new ArgumentException($"{what}: layer {i} ({layers[i].Kind}) has {layers[i].Dimension} features; it must have {dimension}.");
            if (layers[i].ContextWidth != 0 && layers[i].ContextWidth != context)
                throw new ArgumentException($"{what}: layer {i} ({layers[i].Kind}) takes a context of {layers[i].ContextWidth} columns; there it has {context}.");
        }
        CheckImages(what, layers);
    }

    /// <summary>Refuses a layer that takes its features for another image than the one that an earlier layer makes of them.</summary>
    public static void CheckImages<T>(string what, IReadOnlyList<IBijector<T>> layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ImageShape? image = null;
        int maker = 0;
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i] is not IImageLayer { ImageIn: { } into } layer) continue;
            if (image is { } made && made != into)
                throw new ArgumentException($"{what}: layer {i} ({layers[i].Kind}) takes images {into}, but layer {maker} ({layers[maker].Kind}) gives {made}; give it the channels, height and width of that.");
            (image, maker) = (layer.ImageOut, i);
        }
    }

    /// <summary>The image that the first layer which takes one takes.</summary>
    public static ImageShape? FirstImage<T>(IReadOnlyList<IBijector<T>> layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (IBijector<T> layer in layers)
            if (layer is IImageLayer { ImageIn: { } image }) return image;
        return null;
    }

    /// <summary>The image that the last layer which takes one gives.</summary>
    public static ImageShape? LastImage<T>(IReadOnlyList<IBijector<T>> layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = layers.Count - 1; i >= 0; i--)
            if (layers[i] is IImageLayer { ImageIn: not null } layer) return layer.ImageOut;
        return null;
    }

    public static void Attach<T>(IReadOnlyList<IBijector<T>> layers, ParameterStore<T> store, string scope, ulong seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < layers.Count; i++) layers[i].Attach(store, $"{scope}.layers.{i}", SeedMix.Of(seed, (ulong)i));
    }
}
