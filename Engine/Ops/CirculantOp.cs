using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The circulant matrix W [n x n] with first column c [1 x n]: w_ij = c[(i - j) mod n], so that W x is the circular convolution of c and x.</summary>
public sealed class CirculantOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly CirculantOp<T> Instance = new();

    // Slices c, W.
    private static readonly KernelId SpreadId = CpuKernels<T>.Define("circulant", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> c = a[0];
        int n = c.Length;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) a[1][(i * n) + j] = c[i >= j ? i - j : i - j + n];
    });

    // Slices dW, dc: the sums over the diagonals, added.
    private static readonly KernelId GatherId = CpuKernels<T>.Define("circulant-backward", static (in CpuArgs<T> a) =>
    {
        Span<T> dc = a[1];
        int n = dc.Length;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) dc[i >= j ? i - j : i - j + n] += a[0][(i * n) + j];
    });

    /// <inheritdoc/>
    public override string Name => "circulant";

    /// <inheritdoc/>
    public override string Formula => "w_ij = c[(i-j) mod n];  dc_k = sum of dw_ij over i - j = k mod n";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records W. n^2 writes.</summary>
    /// <exception cref="ArgumentException">c is not a row.</exception>
    public static Var Record(Tape<T> tape, Var c)
    {
        if (c.Rows != 1) throw new ArgumentException($"Circulant: c is {c.Shape}; it must be one row.");
        return tape.Record(Instance, [c], c.Cols, c.Cols).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(SpreadId, [c.X(0), c.Y()]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(GatherId, [c.Dy(), c.Dx(0)]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(SpreadId, [c.Tx(0), c.Ty()]);
    }
}

/// <summary>Recording <see cref="CirculantOp{T}"/>.</summary>
public static class CirculantOpRecording
{
    /// <inheritdoc cref="CirculantOp{T}.Record"/>
    public static Var Circulant<T>(this Tape<T> tape, Var c) where T : unmanaged, IFloatingPointIeee754<T> => CirculantOp<T>.Record(tape, c);
}
