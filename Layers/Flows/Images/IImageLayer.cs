namespace NativeFlow.Layers;

/// <summary>A layer that takes its features for an image, so that neighbours that take them for another can be refused.</summary>
internal interface IImageLayer
{
    /// <summary>The image that goes in; null where the layer does not care.</summary>
    ImageShape? ImageIn { get; }

    /// <summary>The image that comes out.</summary>
    ImageShape? ImageOut => ImageIn;
}
