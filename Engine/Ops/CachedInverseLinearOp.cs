using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// z = W x + b, with G_W = dZ^T X + g R^T for a given matrix R near W^-1 (g is the cotangent of the log-determinant slot, -1 for a
/// mean negative log-likelihood). Exact when R is the inverse; as good as R otherwise. Out1 = [log-determinant slot (always 0)].
/// </summary>
public sealed class CachedInverseLinearOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly CachedInverseLinearOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "cached-inverse-linear";

    /// <inheritdoc/>
    public override string Formula => "z = W x + b;  G_W = dZ^T X + g R^T with R near W^-1";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records the layer. Returns z [B x D] and the log-determinant slot [1 x 1].</summary>
    public static (Var Z, Var LogDetSlot) Record(Tape<T> tape, Var x, Var w, Var r, Var bias)
    {
        if (w.Rows != x.Cols || w.Cols != x.Cols || r.Rows != x.Cols || r.Cols != x.Cols)
            throw new ArgumentException($"CachedInverseLinear: input is {x.Shape}, W is {w.Shape}, R is {r.Shape}; both must be {x.Cols}x{x.Cols}.");
        ref readonly Node<T> node = ref tape.Record(Instance, [x, w, r.Detach(), bias], x.Rows, x.Cols, 1, 1);
        return (node.Out0, node.Out1);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        LinearMap.Forward(c, c.X(3));
        BasicKernels<T>.Fill(c.Backend, c.Y(1), 0);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int b = c.In(0).Rows, d = c.In(0).Cols;
        LinearMap.InputGradient(c);
        if (c.Wants(3)) BasicKernels<T>.ColumnSum(c.Backend, c.Dy(), c.Dx(3), b, d);
        if (c.Wants(1)) LinearMap.WeightGradient(c, 1, c.Dy(), c.X(0), b, c.X(2), c.Dy(1));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        LinearMap.Jvp(c, c.Tx(0), c.Tx(1), c.Tx(3));
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
    }
}
