namespace NativeFlow.Kernels.Gpu;

/// <summary>The terms of a sum are neighbours.</summary>
public readonly struct GemmDeep : IGemmForm
{
    /// <inheritdoc/>
    public static bool IsDeep => true;
}
