using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The weight of a convolution's transposed map: y[c, o, i, j] = w[o, c, K - 1 - i, L - 1 - j]. Applied twice it gives w again.</summary>
public sealed class MirrorKernelOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly MirrorKernelOp<T> Instance = new();

    // Slices w, y; sizes out channels, in channels, taps; real alpha: y += alpha times the mirrored w.
    private static readonly KernelId AddId = CpuKernels<T>.Define("mirror-kernel", static (in CpuArgs<T> a) =>
    {
        int outputs = a.Size(0), inputs = a.Size(1), taps = a.Size(2);
        Span<T> w = a[0], y = a[1];
        T alpha = a.Real(0);
        for (int o = 0; o < outputs; o++)
            for (int c = 0; c < inputs; c++)
                for (int t = 0; t < taps; t++) y[(((c * outputs) + o) * taps) + taps - 1 - t] += alpha * w[(((o * inputs) + c) * taps) + t];
    });

    /// <inheritdoc/>
    public override string Name => "mirror-kernel";

    /// <inheritdoc/>
    public override string Formula => "y[c,o,i,j] = w[o,c,K-1-i,L-1-j];  dw[o,c,i,j] = dy[c,o,K-1-i,L-1-j]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y [in x out taps]. Cost: one copy.</summary>
    /// <exception cref="ArgumentException">The weight has another shape than <paramref name="shape"/> says.</exception>
    public static Var Record(Tape<T> tape, Var weight, in ConvShape shape)
    {
        Conv2dOp<T>.RequireWeight("MirrorKernel", weight, shape);
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight], shape.InChannels, shape.OutChannels * shape.Taps, i0: a, i1: b, i2: c).Out0;
    }

    /// <summary>y += alpha times the weight of the transposed map.</summary>
    public static void Add(IBackend<T> backend, in ConvShape shape, Slice w, Slice y, double alpha = 1)
        => backend.Run(AddId, new KernelArgs([w, y], [shape.OutChannels, shape.InChannels, shape.Taps], [alpha]));

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        Add(c.Backend, Conv2dOp<T>.Shape(c.Node), c.X(0), c.Y());
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => Add(c.Backend, Conv2dOp<T>.Shape(c.Node).Transposed, c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) Add(c.Backend, Conv2dOp<T>.Shape(c.Node), c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Record(tape, dy, Conv2dOp<T>.Shape(tape.Node(node)).Transposed);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Record(tape, dx, Conv2dOp<T>.Shape(tape.Node(node)));
}

/// <summary>Recording <see cref="MirrorKernelOp{T}"/>.</summary>
public static class MirrorKernelOpRecording
{
    /// <summary>The weight of the transposed map of a convolution.</summary>
    /// <exception cref="ArgumentException">The weight has another shape than <paramref name="shape"/> says.</exception>
    public static Var MirrorKernel<T>(this Tape<T> tape, Var weight, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => MirrorKernelOp<T>.Record(tape, weight, shape);
}
