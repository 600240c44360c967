namespace NativeFlow.Layers;

/// <summary>What <see cref="SlqLogDet{T}"/> accepts.</summary>
internal static class SlqLimits
{
    /// <summary>Most Lanczos steps: their vectors are kept.</summary>
    public const int MostSteps = 128;
}
