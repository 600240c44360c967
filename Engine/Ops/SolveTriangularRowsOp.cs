using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>x = op(T)^-1 z for every row z of Z [B x D], T triangular: substitution, no factorisation. dZ: the same with the other transpose; dT = -dz x^T in T's triangle.</summary>
public sealed class SolveTriangularRowsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SolveTriangularRowsOp<T> Instance = new();

    private const int Lower = 1, Unit = 2, Transpose = 4;

    // Slices T, right-hand sides (become the solution); sizes order, rows, flags.
    private static readonly KernelId SolveId = CpuKernels<T>.Define("solve-triangular-rows",
        static (in CpuArgs<T> a) =>
        {
            ReadOnlySpan<T> t = a[0];
            int n = a.Size(0), flags = a.Size(2);
            RequireDiagonal(t, n, flags);
            bool transpose = (flags & Transpose) != 0, forward = ((flags & Lower) != 0) != transpose;
            for (int r = 0; r < a.Size(1); r++)
            {
                Span<T> x = a[1].Slice(r * n, n);
                for (int step = 0; step < n; step++)
                {
                    int i = forward ? step : n - 1 - step;
                    for (int j = forward ? 0 : i + 1; j < (forward ? i : n); j++) x[i] -= (transpose ? t[(j * n) + i] : t[(i * n) + j]) * x[j];
                    if ((flags & Unit) == 0) x[i] /= t[(i * n) + i];
                }
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0), flags = a.Size(2);
            RequireDiagonal(a[0], n, flags);
            // op(T) x = b for rows is X op(T)^T = B.
            TriangularSolve.Right<T>(new Triangle((flags & Lower) != 0, (flags & Unit) != 0, (flags & Transpose) == 0), a[0], n, a[1], a.Size(1), a.Workers);
        });

    // Slices m, y: y += scale times the triangle of m. Sizes order, flags; reals scale.
    private static readonly KernelId AddTriangleId = CpuKernels<T>.Define("add-triangle", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> m = a[0];
        Span<T> y = a[1];
        int n = a.Size(0), off = (a.Size(1) & Unit) != 0 ? 1 : 0;
        T scale = a.Real(0);
        for (int i = 0; i < n; i++)
            for (int j = (a.Size(1) & Lower) != 0 ? 0 : i + off; j < ((a.Size(1) & Lower) != 0 ? i + 1 - off : n); j++) y[(i * n) + j] += scale * m[(i * n) + j];
    });

    /// <inheritdoc/>
    public override string Name => "solve-triangular-rows";

    /// <inheritdoc/>
    public override string Formula => "x = op(T)^-1 z per row;  dz = op(T)^-T dx,  dT = -dz x^T (its transpose for op(T) = T^T) in T's triangle";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records X with op(T) x = z for every row. B D^2 flops. The other triangle of T (and with <paramref name="unit"/> its diagonal) is neither read nor given a gradient.</summary>
    /// <exception cref="ArgumentException">T is not square or Z has another width.</exception>
    /// <exception cref="SingularMatrixException">A number on the diagonal is zero.</exception>
    public static Var Record(Tape<T> tape, Var t, Var z, bool lower, bool unit, bool transpose)
    {
        if (t.Rows != t.Cols || z.Cols != t.Cols) throw new ArgumentException($"SolveTriangularRows: T is {t.Shape}, Z is {z.Shape}; T must be square and as wide as Z.");
        return tape.Record(Instance, [t, z], z.Rows, z.Cols, i0: (lower ? Lower : 0) | (unit ? Unit : 0) | (transpose ? Transpose : 0)).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Copy(c.Backend, c.X(1), c.Y());
        c.Run(SolveId, [c.X(0), c.Y()], [c.In(0).Rows, c.Out().Rows, c.Node.I0]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int b = c.Out().Rows, d = c.In(0).Rows;
        Slice dz = c.Borrow(b * d);
        BasicKernels<T>.Copy(c.Backend, c.Dy(), dz);
        c.Run(SolveId, [c.X(0), dz], [d, b, c.Node.I0 ^ Transpose]);
        if (!c.Dx(1).IsNone) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(1));
        if (c.Dx(0).IsNone) return;
        Slice product = c.Borrow(d * d);
        bool transpose = (c.Node.I0 & Transpose) != 0;
        c.Backend.Gemm(new GemmArgs(d, d, b, transpose ? c.Y() : dz, transpose ? dz : c.Y(), product) { TransposeA = true });
        c.Run(AddTriangleId, [product, c.Dx(0)], [d, c.Node.I0], [-1]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // op(T) tx + op(tT) x = tz.
        int b = c.Out().Rows, d = c.In(0).Rows;
        if (c.Tx(1).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, c.Tx(1), c.Ty());
        if (!c.Tx(0).IsNone)
        {
            Slice tangent = c.Borrow(d * d);
            BasicKernels<T>.Fill(c.Backend, tangent, 0);
            c.Run(AddTriangleId, [c.Tx(0), tangent], [d, c.Node.I0], [1]);
            c.Backend.Gemm(new GemmArgs(b, d, d, c.Y(), tangent, c.Ty()) { TransposeB = (c.Node.I0 & Transpose) == 0, Alpha = -1, Accumulate = true });
        }
        c.Run(SolveId, [c.X(0), c.Ty()], [d, b, c.Node.I0]);
    }

    private static void RequireDiagonal(ReadOnlySpan<T> t, int n, int flags)
    {
        if ((flags & Unit) != 0) return;
        for (int i = 0; i < n; i++)
            if (t[(i * n) + i] == T.Zero) throw new SingularMatrixException("SolveTriangularRows", n, i);
    }
}

/// <summary>Recording <see cref="SolveTriangularRowsOp{T}"/>.</summary>
public static class SolveTriangularRowsOpRecording
{
    /// <inheritdoc cref="SolveTriangularRowsOp{T}.Record"/>
    public static Var SolveTriangularRows<T>(this Tape<T> tape, Var t, Var z, bool lower, bool unit = false, bool transpose = false)
        where T : unmanaged, IFloatingPointIeee754<T> => SolveTriangularRowsOp<T>.Record(tape, t, z, lower, unit, transpose);
}
