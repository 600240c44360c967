using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = log Phi(x), Phi the standard normal distribution function: accurate in both tails.</summary>
public sealed class LogNormalCdfOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly LogNormalCdfOp<T> Instance = new();

    // log sqrt(2 pi)
    internal const double LogRootTwoPi = 0.91893853320467274178;

    // Slices x, y.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("log-normal-cdf",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int i = 0; i < y.Length; i++) y[i] = SpecialFunctions.LogNdtr(x[i]);
        });

    // Slices x, v, w: w += v phi(x)/Phi(x).
    private static readonly KernelId BackwardKernel = CpuKernels<T>.Define("log-normal-cdf-backward",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], v = a[1], w = a[2];
            for (int i = 0; i < w.Length; i++) w[i] += v[i] * SpecialFunctions.NormalHazard(x[i]);
        });

    /// <inheritdoc/>
    public override string Name => "log-normal-cdf";

    /// <inheritdoc/>
    public override string Formula => "y = log Phi(x);  dx = phi(x)/Phi(x) dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y. Cost: one scaled error function an element, and again backward.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, x.Cols).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardKernel, [c.X(0), c.Dy(), c.Dx(0)]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(BackwardKernel, [c.X(0), c.Tx(0), c.Ty()]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Times(tape, node, dy);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Times(tape, node, dx);

    private static Var Times(Tape<T> tape, int node, Var v)
    {
        Node<T> n = tape.Node(node);
        Var exponent = tape.Add(tape.Scale(tape.Square(tape.Input(n, 0)), -0.5), tape.Scale(n.Out0, -1));
        return tape.Multiply(v, tape.Exp(tape.AddConstant(exponent, -LogRootTwoPi)));
    }
}

/// <summary>Recording <see cref="LogNormalCdfOp{T}"/>.</summary>
public static class LogNormalCdfOpRecording
{
    /// <summary>log Phi(x).</summary>
    public static Var LogNormalCdf<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => LogNormalCdfOp<T>.Record(tape, x);
}
