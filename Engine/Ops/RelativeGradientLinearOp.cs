using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// z = W x + b with the relative (natural) gradient of the augmented matrix H = [[W, b], [0, 1]]: the gradient times H^T H, in which
/// the log-determinant's part needs no inverse (Gresele et al. 2020, with the bias term the authors' code leaves out).
/// </summary>
/// <remarks>
/// With Z = X W^T + b and g the cotangent of the log-determinant slot (-1 for a mean negative log-likelihood):
/// G_W = dZ^T Z W + g W,  G_b = dZ^T (Z b) + sum dZ + g b. Both vanish at the optimum, b included. The input gradient is the true one.
/// Out1 = [log-determinant slot (always 0)].
/// </remarks>
public sealed class RelativeGradientLinearOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RelativeGradientLinearOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "relative-gradient-linear";

    /// <inheritdoc/>
    public override string Formula => "z = W x + b;  G_W = dZ^T Z W + g W,  G_b = dZ^T Z b + sum dZ + g b";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records the layer. Returns z [B x D] and the log-determinant slot [1 x 1].</summary>
    /// <param name="tape">Where to record.</param>
    /// <param name="x">Input [B x D].</param>
    /// <param name="w">W [D x D].</param>
    /// <param name="bias">b [1 x D] or <see cref="Var.None"/>.</param>
    /// <param name="biasWithoutLogDet">Leave the term g b out, as the authors' code does; the update is then not zero at the optimum unless b = 0.</param>
    public static (Var Z, Var LogDetSlot) Record(Tape<T> tape, Var x, Var w, Var bias, bool biasWithoutLogDet = false)
    {
        if (w.Rows != x.Cols || w.Cols != x.Cols)
            throw new ArgumentException($"RelativeGradientLinear: input is {x.Shape}, W is {w.Shape}; it must be {x.Cols}x{x.Cols}.");
        ref readonly Node<T> node = ref tape.Record(Instance, [x, w, bias], x.Rows, x.Cols, 1, 1, i0: biasWithoutLogDet ? 1 : 0);
        return (node.Out0, node.Out1);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        LinearMap.Forward(c, c.X(2));
        BasicKernels<T>.Fill(c.Backend, c.Y(1), 0);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        IBackend<T> backend = c.Backend;
        int b = c.In(0).Rows, d = c.In(0).Cols;
        Slice g = c.Dy(1);
        LinearMap.InputGradient(c);
        if (c.Wants(1))
        {
            Slice dw = c.ClaimDx(1, out bool add);
            Slice zw = c.Borrow(b * d);
            backend.Gemm(new GemmArgs(b, d, d, c.Y(), c.X(1), zw));
            backend.Gemm(new GemmArgs(d, d, b, c.Dy(), zw, dw) { TransposeA = true, Accumulate = add });
            ScalarKernels<T>.AddScaled(backend, g, c.X(1), dw);
        }
        if (!c.Wants(2)) return;
        Slice zb = c.Borrow(b);
        backend.Gemm(new GemmArgs(b, 1, d, c.Y(), c.X(2), zb));
        backend.Gemm(new GemmArgs(1, d, b, zb, c.Dy(), c.Dx(2)) { TransposeA = true, Accumulate = true, Lda = 1 });
        BasicKernels<T>.ColumnSum(backend, c.Dy(), c.Dx(2), b, d);
        if (c.Node.I0 == 0) ScalarKernels<T>.AddScaled(backend, g, c.X(2), c.Dx(2));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        LinearMap.Jvp(c, c.Tx(0), c.Tx(1), c.Tx(2));
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
    }
}
