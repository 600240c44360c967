namespace NativeFlow.Kernels;

/// <summary>One factorisation or solve on square row-major matrices; see <see cref="FactorKind"/> for who reads and writes what.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="N">Order of A.</param>
/// <param name="A">The matrix, or its factors.</param>
/// <param name="P">Pivots [n], or a second result [n x n].</param>
/// <param name="B">Right-hand sides [n x rhs], or a second argument.</param>
/// <param name="R">Result.</param>
/// <param name="Rhs">Columns of B where it holds right-hand sides.</param>
public readonly record struct FactorArgs(FactorKind Kind, int N, Slice A, Slice P, Slice B, Slice R, int Rhs = 0);
