namespace NativeFlow.Kernels.Gpu;

/// <summary>The rows of op(A), or the columns of op(B), are neighbours.</summary>
public readonly struct GemmFlat : IGemmForm
{
    /// <inheritdoc/>
    public static bool IsDeep => false;
}
