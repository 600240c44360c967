namespace NativeFlow.Kernels.Gpu;

/// <summary>Which triangular matrix is solved with, and how the right-hand sides lie. Numbers, not truth values: it goes to kernels.</summary>
/// <param name="Lower">1 where the triangle of A that counts is the lower one.</param>
/// <param name="Unit">1 where the diagonal counts as ones.</param>
/// <param name="Transposed">1 for A^T.</param>
/// <param name="ByRows">1 where each right-hand side is a row of B, else a column.</param>
public readonly record struct TriangleSide(int Lower, int Unit, int Transposed, int ByRows)
{
    /// <summary>Whether solving goes from the first unknown to the last.</summary>
    public bool IsForward => Lower != Transposed;
}
