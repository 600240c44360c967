namespace NativeFlow.Kernels.Gpu;

/// <summary>How exactly a device multiplies matrices in single precision.</summary>
/// <remarks>Errors are measured in docs/gpu-precision.md. Products with at most four rows or columns, and very small ones, are always in full precision.</remarks>
public enum GemmPrecision
{
    /// <summary>Single precision throughout.</summary>
    Full,

    /// <summary>Tensor cores: operands rounded to 10 bits of mantissa, sums in single precision.</summary>
    Tf32,

    /// <summary>Tensor cores, three products: every operand as the sum of two with 10 bits of mantissa; nearly single precision.</summary>
    Tf32x3,
}
