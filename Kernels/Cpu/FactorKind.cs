namespace NativeFlow.Kernels;

/// <summary>What <see cref="IBackend{T}.Factor"/> can do. Slices are named as in <see cref="FactorArgs"/>.</summary>
public enum FactorKind
{
    /// <summary>A := L\U with partial pivoting; P := pivots (row swapped with row i, as numbers).</summary>
    Lu,

    /// <summary>From A = L\U, P: R[0] := log|det|, R[1] := sign (0 when singular).</summary>
    LogAbsDet,

    /// <summary>From A = L\U, P: B := A^-1 B, B [n x rhs].</summary>
    Solve,

    /// <summary>From A = L\U, P: B := A^-T B, B [n x rhs].</summary>
    SolveTransposed,

    /// <summary>From A = L\U, P: every row b of B [rhs x n] becomes A^-1 b.</summary>
    SolveRows,

    /// <summary>From A = L\U, P: R := A^-1 [n x n].</summary>
    Inverse,

    /// <summary>A := lower Cholesky factor, upper triangle zeroed.</summary>
    Cholesky,

    /// <summary>Lower triangular A: B := A^-1 B.</summary>
    SolveLower,

    /// <summary>Upper triangular A: B := A^-1 B.</summary>
    SolveUpper,

    /// <summary>Lower triangular A with unit diagonal: B := A^-1 B.</summary>
    SolveUnitLower,

    /// <summary>A = Q R: P := Q [n x n], R := R with a non-negative diagonal.</summary>
    Qr,

    /// <summary>Symmetric A: R := eigenvalues ascending [n], P := eigenvectors in columns [n x n].</summary>
    SymmetricEigen,

    /// <summary>A = U S V^T: R := S descending [n], P := U [n x n], B := V [n x n].</summary>
    Svd,

    /// <summary>R := exp(A).</summary>
    Exponential,

    /// <summary>R := gradient with respect to A of sum(B * exp(A)).</summary>
    ExponentialAdjoint,

    /// <summary>R := principal square root of A.</summary>
    SquareRoot,

    /// <summary>R := principal logarithm of A.</summary>
    Logarithm,

    /// <summary>A = Cholesky factor L, B = gradient of L: R := symmetrised gradient of L L^T.</summary>
    CholeskyAdjoint,
}
