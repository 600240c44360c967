namespace NativeFlow.Kernels;

/// <summary>One matrix product, or a batch of equal ones: C = alpha op(A) op(B) + bias, or added to C when <see cref="Accumulate"/>. Row-major.</summary>
/// <param name="M">Rows of op(A) and C.</param>
/// <param name="N">Columns of op(B) and C.</param>
/// <param name="K">Columns of op(A), rows of op(B).</param>
/// <param name="A">Left operand.</param>
/// <param name="B">Right operand.</param>
/// <param name="C">Result; must not overlap A or B.</param>
public readonly record struct GemmArgs(int M, int N, int K, Slice A, Slice B, Slice C)
{
    /// <summary>A is stored [K x M].</summary>
    public bool TransposeA { get; init; }

    /// <summary>B is stored [N x K].</summary>
    public bool TransposeB { get; init; }

    /// <summary>Factor on the product; -1 with <see cref="Accumulate"/> subtracts.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Add to C instead of overwriting it.</summary>
    public bool Accumulate { get; init; }

    /// <summary>A row of N elements added to every row of C, the same for each product of a batch; not together with <see cref="Accumulate"/>.</summary>
    public Slice Bias { get; init; } = Slice.None;

    /// <summary>Row stride of A as stored; 0 means its number of columns.</summary>
    public int Lda { get; init; }

    /// <summary>Row stride of B as stored; 0 means its number of columns.</summary>
    public int Ldb { get; init; }

    /// <summary>Row stride of C; 0 means N.</summary>
    public int Ldc { get; init; }

    /// <summary>Number of products.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Elements from one A to the next; 0 uses the same A every time.</summary>
    public int StrideA { get; init; }

    /// <summary>Elements from one B to the next; 0 uses the same B every time.</summary>
    public int StrideB { get; init; }

    /// <summary>Elements from one C to the next; must leave results disjoint.</summary>
    public int StrideC { get; init; }
}
