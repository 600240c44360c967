namespace NativeFlow.Kernels.Gpu;

/// <summary>A length as a type, so that a kernel is compiled for it.</summary>
public interface ILength
{
    /// <summary>The length.</summary>
    static abstract int Value { get; }
}
