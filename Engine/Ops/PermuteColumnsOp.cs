using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// z[:, c P + p] = x[:, order[c] P + p] for channels c of P pixels (P = 1: features), or the reverse. The order [1 x C] is a buffer of
/// whole numbers; dx moves dz back.
/// </summary>
public sealed class PermuteColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly PermuteColumnsOp<T> Instance = new();

    // Slices from, order, to; sizes pixels, reverse, add: to (+)= the columns of from in their new places.
    private static readonly KernelId MoveId = CpuKernels<T>.Define("permute-columns",
        static (in CpuArgs<T> a) =>
        {
            Span<T> from = a[0], order = a[1], to = a[2];
            int pixels = a.Size(0), columns = order.Length * pixels;
            for (int row = 0; row < from.Length; row += columns)
                for (int c = 0; c < order.Length; c++)
                {
                    int taken = row + (int.CreateTruncating(order[c]) * pixels), put = row + (c * pixels);
                    if (a.Size(1) != 0) (taken, put) = (put, taken);
                    for (int p = 0; p < pixels; p++) to[put + p] = a.Size(2) != 0 ? to[put + p] + from[taken + p] : from[taken + p];
                }
        });

    /// <inheritdoc/>
    public override string Name => "permute-columns";

    /// <inheritdoc/>
    public override string Formula => "z[:, j] = x[:, order[j]];  dx[:, order[j]] = dz[:, j]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records z. The order must hold each of 0 .. C-1 once; whoever makes it checks that.</summary>
    /// <exception cref="ArgumentException">Channels times pixels is not the number of features.</exception>
    public static Var Record(Tape<T> tape, Var x, Var order, int pixels = 1, bool reverse = false)
    {
        if (order.Rows != 1 || order.Cols * pixels != x.Cols)
            throw new ArgumentException($"PermuteColumns: input is {x.Shape}, order is {order.Shape} with {pixels} features a channel; it must be 1x{x.Cols / Math.Max(1, pixels)}.");
        return tape.Record(Instance, [x, order.Detach()], x.Rows, x.Cols, i0: pixels, i1: reverse ? 1 : 0).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(MoveId, [c.X(0), c.X(1), c.Y()], [c.Node.I0, c.Node.I1, 0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(MoveId, [c.Dy(), c.X(1), c.Dx(0)], [c.Node.I0, 1 - c.Node.I1, 1]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(MoveId, [c.Tx(0), c.X(1), c.Ty()], [c.Node.I0, c.Node.I1, 0]);
    }
}
