using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The lower or upper triangle of a square matrix [D x D], with its own diagonal or with ones; zeros elsewhere. The gradient goes back where the numbers came from.</summary>
public sealed class TriangleOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly TriangleOp<T> Instance = new();

    private const int Lower = 1, Unit = 2;

    // Slices x, y: y's triangle += x's. Sizes order, flags; reals what the diagonal gets where it is not x's own.
    private static readonly KernelId AddId = CpuKernels<T>.Define("triangle", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> x = a[0];
        Span<T> y = a[1];
        int n = a.Size(0);
        for (int i = 0; i < n; i++)
        {
            (int from, int to) = (a.Size(1) & Lower) != 0 ? (0, i) : (i + 1, n);
            for (int j = from; j < to; j++) y[(i * n) + j] += x[(i * n) + j];
            y[(i * n) + i] += (a.Size(1) & Unit) != 0 ? a.Real(0) : x[(i * n) + i];
        }
    });

    /// <inheritdoc/>
    public override string Name => "triangle";

    /// <inheritdoc/>
    public override string Formula => "y = lower or upper triangle of x, zeros elsewhere;  dx = the same of dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records the triangle. One copy.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Square matrix.</param>
    /// <param name="lower">The lower (else the upper) triangle.</param>
    /// <param name="unit">Ones on the diagonal in place of x's own numbers.</param>
    /// <exception cref="ArgumentException">x is not square.</exception>
    public static Var Record(Tape<T> tape, Var x, bool lower, bool unit)
    {
        if (x.Rows != x.Cols) throw new ArgumentException($"Triangle: x is {x.Shape}; it must be square.");
        return tape.Record(Instance, [x], x.Rows, x.Cols, i0: (lower ? Lower : 0) | (unit ? Unit : 0)).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        c.Run(AddId, [c.X(0), c.Y()], [c.Out().Rows, c.Node.I0], [1]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(AddId, [c.Dy(), c.Dx(0)], [c.Out().Rows, c.Node.I0], [0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(AddId, [c.Tx(0), c.Ty()], [c.Out().Rows, c.Node.I0], [0]);
    }
}

/// <summary>Recording <see cref="TriangleOp{T}"/>.</summary>
public static class TriangleOpRecording
{
    /// <inheritdoc cref="TriangleOp{T}.Record"/>
    public static Var Triangle<T>(this Tape<T> tape, Var x, bool lower, bool unit = false) where T : unmanaged, IFloatingPointIeee754<T> => TriangleOp<T>.Record(tape, x, lower, unit);
}
