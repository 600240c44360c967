namespace NativeFlow.Kernels.Gpu;

/// <summary>Shared memory for one number of every item of the largest group that elementwise kernels use.</summary>
public readonly struct GroupLength : ILength
{
    /// <inheritdoc/>
    public static int Value => 256;
}
