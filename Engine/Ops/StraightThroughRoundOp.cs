using System.Numerics;
using System.Numerics.Tensors;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = x rounded to a whole number; backward passes dy on as if y were x. The true derivative, 0 almost everywhere, is what jvp gives.</summary>
public sealed class StraightThroughRoundOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly StraightThroughRoundOp<T> Instance = new();

    // Slices x, y; whole number: 1 for down, 0 for nearest, ties to even.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("straight-through-round",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], y = a[1]; for (int i = 0; i < y.Length; i++) y[i] = a.Size(0) == 1 ? T.Floor(x[i]) : T.Round(x[i]); },
        static (in CpuArgs<T> a) =>
        {
            if (a.Size(0) == 1) TensorPrimitives.Floor(a[0], a[1]);
            else TensorPrimitives.Round(a[0], a[1]);
        });

    /// <inheritdoc/>
    public override string Name => "straight-through-round";

    /// <inheritdoc/>
    public override string Formula => "y = round(x) or floor(x);  dx = dy (straight through)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records y = round(x), ties to even, or floor(x). Cost: one pass.</summary>
    public static Var Record(Tape<T> tape, Var x, bool down = false) => tape.Record(Instance, [x], x.Rows, x.Cols, i0: down ? 1 : 0).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], [c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => BasicKernels<T>.AddScaled(c.Backend, c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c) => BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
}
