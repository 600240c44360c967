using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The Jacobian of a recorded map, sample by sample, row by row through recorded vector-Jacobian products; and what is made of it. D backward passes of the map.</summary>
public static class ExactJacobian
{
    private const int OnStack = 512;

    /// <summary>D constant blocks [rows x D] below each other, block i with ones in column i: the cotangents that <see cref="Record"/> takes. One for all maps of a shape.</summary>
    public static Var Basis<T>(Tape<T> tape, int rows, int dimension) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.BatchedMatMul(tape.Constant(1, rows, 1), tape.Identity(dimension), dimension, sharedA: true);

    /// <summary>Records J_b = d output_b / d input_b for every sample b, matrices below each other: [rows D x D].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output [rows x D]; row b depends on row b of the input alone.</param>
    /// <param name="input">Input [rows x D].</param>
    /// <param name="basis">From <see cref="Basis"/>.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the output does not depend on the input.</exception>
    /// <exception cref="NotSupportedException">An op in between has no recorded derivative.</exception>
    public static Var Record<T>(Tape<T> tape, Var output, Var input, Var basis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = input.Rows, d = input.Cols;
        if (output.Rows != rows || output.Cols != d || basis.Rows != rows * d || basis.Cols != d)
            throw new ArgumentException($"ExactJacobian: the input is {input.Shape}, the output {output.Shape}, the basis {basis.Shape}; they must be {input.Shape}, {input.Shape}, {rows * d}x{d}.");
        Span<Var> row = d <= OnStack ? stackalloc Var[d] : new Var[d];
        for (int i = 0; i < d; i++)
            row[i] = tape.Vjp(output, input, basis with { Offset = basis.Offset + (i * rows * d), Rows = rows });
        return (d == 1 ? row[0] : tape.ConcatColumns(row)).Reshape(rows * d, d);
    }

    /// <summary>Records I + J_b for every matrix of a stack.</summary>
    public static Var IdentityPlus<T>(Tape<T> tape, Var jacobian) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = jacobian.Cols;
        return tape.Add(jacobian.Reshape(jacobian.Rows / d, d * d), tape.Identity(d).Reshape(1, d * d)).Reshape(jacobian.Rows, d);
    }

    /// <summary>Records tr J_b [rows x 1] for every matrix of a stack.</summary>
    public static Var Trace<T>(Tape<T> tape, Var jacobian) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = jacobian.Cols;
        return tape.SumColumns(tape.Multiply(jacobian.Reshape(jacobian.Rows / d, d * d), tape.Identity(d).Reshape(1, d * d)));
    }

    /// <summary>Records |J_b|^2, the sum of squares, [rows x 1] for every matrix of a stack.</summary>
    public static Var SquaredNorm<T>(Tape<T> tape, Var jacobian) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = jacobian.Cols;
        return tape.SumColumns(tape.Square(jacobian.Reshape(jacobian.Rows / d, d * d)));
    }
}
