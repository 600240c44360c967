using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>A triangular matrix [D x D] from its diagonal [1 x D] and its other entries, row by row [1 x D(D-1)/2]; either may be absent (ones, zeros). Gradients go back to where the numbers came from.</summary>
public sealed class UnpackTriangleOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly UnpackTriangleOp<T> Instance = new();

    // Slices entries, diagonal (either may be none), matrix; sizes order, whether lower.
    private static readonly KernelId UnpackId = CpuKernels<T>.Define("unpack-triangle", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> entries = a[0], diagonal = a[1];
        Span<T> y = a[2];
        int n = a.Size(0), at = 0;
        y.Clear();
        for (int i = 0; i < n; i++)
        {
            (int from, int to) = a.Size(1) == 1 ? (0, i) : (i + 1, n);
            if (a.Has(0)) entries.Slice(at, to - from).CopyTo(y.Slice((i * n) + from));
            at += to - from;
            y[(i * n) + i] = a.Has(1) ? diagonal[i] : T.One;
        }
    });

    // The other way, adding. Slices dmatrix, dentries, ddiagonal (either may be none); sizes order, whether lower.
    private static readonly KernelId PackId = CpuKernels<T>.Define("unpack-triangle-backward", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> dy = a[0];
        Span<T> entries = a[1], diagonal = a[2];
        int n = a.Size(0), at = 0;
        for (int i = 0; i < n; i++)
        {
            (int from, int to) = a.Size(1) == 1 ? (0, i) : (i + 1, n);
            if (a.Has(1))
                for (int j = from; j < to; j++) entries[at++] += dy[(i * n) + j];
            if (a.Has(2)) diagonal[i] += dy[(i * n) + i];
        }
    });

    /// <inheritdoc/>
    public override string Name => "unpack-triangle";

    /// <inheritdoc/>
    public override string Formula => "T = triangle(entries) + diag(diagonal);  dentries = dT there,  ddiagonal = diag(dT)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records the matrix. D^2 writes.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="entries">Entries beside the diagonal, row by row, [1 x D(D-1)/2]; <see cref="Var.None"/> for zeros.</param>
    /// <param name="diagonal">Diagonal [1 x D]; <see cref="Var.None"/> for ones.</param>
    /// <param name="order">D.</param>
    /// <param name="lower">Lower (else upper) triangular.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static Var Record(Tape<T> tape, Var entries, Var diagonal, int order, bool lower)
    {
        if (order < 1 || (!entries.IsNone && entries.Length != order * (order - 1) / 2) || (!diagonal.IsNone && diagonal.Length != order))
            throw new ArgumentException($"UnpackTriangle: entries are {entries.Shape}, the diagonal is {diagonal.Shape}; a triangle of order {order} has {order * (order - 1) / 2} and {order}.");
        return tape.Record(Instance, [entries, diagonal], order, order, i0: lower ? 1 : 0).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(UnpackId, [c.X(0), c.X(1), c.Y()], [c.Out().Rows, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(PackId, [c.Dy(), c.Dx(0), c.Dx(1)], [c.Out().Rows, c.Node.I0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // An absent diagonal is one, its tangent zero.
        int n = c.Out().Rows;
        Slice none = c.Borrow(n);
        BasicKernels<T>.Fill(c.Backend, none, 0);
        c.Run(UnpackId, [c.Tx(0), c.Tx(1).IsNone ? none : c.Tx(1), c.Ty()], [n, c.Node.I0]);
    }
}

/// <summary>Recording <see cref="UnpackTriangleOp{T}"/>.</summary>
public static class UnpackTriangleOpRecording
{
    /// <inheritdoc cref="UnpackTriangleOp{T}.Record"/>
    public static Var UnpackTriangle<T>(this Tape<T> tape, Var entries, Var diagonal, int order, bool lower)
        where T : unmanaged, IFloatingPointIeee754<T> => UnpackTriangleOp<T>.Record(tape, entries, diagonal, order, lower);
}
