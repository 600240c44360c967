namespace NativeFlow.Kernels.Gpu;

/// <summary>Which way an operand of a product lies in memory, as a type.</summary>
public interface IGemmForm
{
    /// <summary>Whether the terms of a sum are neighbours (A as it is, B transposed); else the rows or columns of the result are.</summary>
    static abstract bool IsDeep { get; }
}
