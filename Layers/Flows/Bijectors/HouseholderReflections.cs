using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A product of reflections v - 2 q (q.v)/(q.q), one for each row q of Q [K x D], applied to every row of a batch at once.</summary>
/// <remarks>
/// Applying q_0 first: v_k+1 = v_k - c_k q_k with (q_k.q_k/2) c_k + sum over j &lt; k of (q_k.q_j) c_j = q_k.x. So S c = Q x with S the lower triangle
/// of Q Q^T, its diagonal halved, and z = x - Q^T c: three products and one substitution in place of K passes. The reverse order has the
/// upper triangle. 4 B D K + B K^2 + 2 D K^2 flops. Source: Joffrain et al. 2006 (UT transform).
/// </remarks>
internal static class HouseholderReflections
{
    /// <summary>Records H_K ... H_1 x for every row x; in reverse H_1 ... H_K x, the inverse.</summary>
    /// <exception cref="SingularMatrixException">A row of Q is zero.</exception>
    public static Var Apply<T>(Tape<T> tape, Var x, Var q, bool reverse) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var gram = tape.MatMul(q, q, transposeB: true);
        Var system = tape.Subtract(gram, tape.Scale(tape.Multiply(gram, tape.Identity(q.Rows)), 0.5));
        Var coefficients = tape.SolveTriangularRows(system, tape.MatMul(x, q, transposeB: true), lower: !reverse);
        return tape.Subtract(x, tape.MatMul(coefficients, q));
    }

    /// <summary>Start values: Gaussian directions, so that no row is zero.</summary>
    public static double[] Start(ulong seed, int reflections, int dimension)
    {
        var q = new double[reflections * dimension];
        RandomFill.Gaussian<double>(seed, 0, 0, q);
        return q;
    }
}
