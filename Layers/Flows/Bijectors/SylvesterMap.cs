using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The Sylvester map z = x + Q R_1 tanh(R_2 Q^T x + b) on given parameters, one set for the batch or one a row (as a network of an amortized posterior gives them), with its exact inverse.</summary>
/// <remarks>
/// Q [D x M] has orthonormal columns, R_1 and R_2 [M x M] are upper triangular with r1_ii r2_ii &gt; -1; neither is checked. Parameters of single rows
/// lie below each other: Q [B D x M], R [B M x M], b [B x M]. log|det| = sum log|1 + (1 - tanh^2) r1_ii r2_ii|. Source: van den Berg et al. 2018.
/// </remarks>
public static class SylvesterMap
{
    /// <summary>Records z and log|det| [B x 1]. 4 B D M + 4 B M^2 flops.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Input [B x D].</param>
    /// <param name="q">[D x M] or [B D x M].</param>
    /// <param name="r1">[M x M] or [B M x M].</param>
    /// <param name="r2">As <paramref name="r1"/>.</param>
    /// <param name="b">[1 x M] or [B x M].</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Forward<T>(Tape<T> tape, Var x, Var q, Var r1, Var r2, Var b) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool ownQ = q.Rows != x.Cols, ownR = r1.Rows != q.Cols;
        Var h = tape.Tanh(tape.Add(Product(tape, Product(tape, x, q, ownQ), r2, ownR, transposed: true), b));
        Var step = Product(tape, Product(tape, h, r1, ownR, transposed: true), q, ownQ, transposed: true);
        return FlowStep.Exact(tape.Add(x, step), LogDet(tape, h, r1, r2, 1));
    }

    /// <summary>Records x and log|det dx/dz| [B x 1]: with v = Q^T z, the equation y + R_1 tanh(R_2 y + b) = v is solved from its last row up, one bracketed root a row. Parameters as in <see cref="Forward"/>.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Inverse<T>(Tape<T> tape, Var z, Var q, Var r1, Var r2, Var b) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int m = q.Cols;
        bool ownQ = q.Rows != z.Cols;
        Var v = Product(tape, z, q, ownQ), flat1 = Flat(r1, m), flat2 = Flat(r2, m);
        Var zero = tape.Constant(0, z.Rows), y = Var.None, h = Var.None;
        for (int i = m - 1; i >= 0; i--)
        {
            Var t = tape.SliceColumns(v, i, 1), k = tape.Add(zero, tape.SliceColumns(b, i, 1));
            if (i < m - 1)
            {
                t = tape.Subtract(t, tape.SumColumns(tape.Multiply(h, tape.SliceColumns(flat1, (i * m) + i + 1, m - 1 - i))));
                k = tape.Add(k, tape.SumColumns(tape.Multiply(y, tape.SliceColumns(flat2, (i * m) + i + 1, m - 1 - i))));
            }
            Var a = tape.Add(zero, tape.SliceColumns(flat1, (i * m) + i, 1)), c = tape.Add(zero, tape.SliceColumns(flat2, (i * m) + i, 1));
            Var root = tape.RidgeRoot(RidgeFunction.Tanh, t, a, c, k);
            Var value = tape.Tanh(tape.Add(tape.Multiply(c, root), k));
            y = i == m - 1 ? root : tape.ConcatColumns(root, y);
            h = i == m - 1 ? value : tape.ConcatColumns(value, h);
        }
        return FlowStep.Exact(tape.Subtract(z, Product(tape, tape.Subtract(v, y), q, ownQ, transposed: true)), LogDet(tape, h, r1, r2, -1));
    }

    /// <summary>Every row x times the matrix, or times its own of the matrices below each other.</summary>
    private static Var Product<T>(Tape<T> tape, Var x, Var matrix, bool own, bool transposed = false) where T : unmanaged, IFloatingPointIeee754<T>
        => own ? tape.BatchedMatMul(x, matrix, x.Rows, transposeB: transposed) : tape.MatMul(x, matrix, transposeB: transposed);

    /// <summary>[1 x M M] or [B x M M].</summary>
    private static Var Flat(Var r, int m) => r.Reshape(r.Rows / m, m * m);

    private static Var LogDet<T>(Tape<T> tape, Var h, Var r1, Var r2, double sign) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var bend = tape.Multiply(tape.AddConstant(tape.Negate(h), 1), tape.AddConstant(h, 1));
        Var product = tape.Multiply(Diagonal(tape, r1, h.Cols), Diagonal(tape, r2, h.Cols));
        return tape.SumColumns(tape.Log(tape.Abs(tape.AddConstant(tape.Multiply(bend, product), 1))), sign);
    }

    /// <summary>[1 x M] or [B x M].</summary>
    private static Var Diagonal<T>(Tape<T> tape, Var r, int m) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var picked = tape.Multiply(Flat(r, m), tape.Identity(m).Reshape(1, m * m));
        return tape.SumColumns(picked.Reshape(r.Rows, m)).Reshape(r.Rows / m, m);
    }
}
