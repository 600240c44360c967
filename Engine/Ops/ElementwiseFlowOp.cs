using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>z = f(x) on every element, with log|det| = sum over the features of log|f'(x)|: [B x D] to [B x D] and [B x 1]. f' is kept for backward.</summary>
public sealed class ElementwiseFlowOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ElementwiseFlowOp<T> Instance = new();

    // Slices x, z, f', log-det; sizes function; reals parameter.
    private static readonly KernelId ForwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-flow",
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new NaiveForward(a)),
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new FastForward(a))),
        static (launcher, in a) => FlowFunctions<T>.With(a.Sizes[0], a.Real<T>(0), new PortableForward(launcher, a)));

    // Slices x, z, f', dz, dlogdet, dx; sizes function, whether to add; reals parameter.
    private static readonly KernelId BackwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-flow-backward",
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new NaiveBackward(a)),
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new FastBackward(a))),
        static (launcher, in a) => FlowFunctions<T>.With(a.Sizes[0], a.Real<T>(0), new PortableBackward(launcher, a)));

    // Slices x, y, f', tangent, bend; sizes function; reals parameter: bend = f''/f' times the tangent, which is already that of x.
    private static readonly KernelId BendId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-flow-bend",
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new NaiveBend(a))),
        static (launcher, in a) => FlowFunctions<T>.With(a.Sizes[0], a.Real<T>(0), new PortableBend(launcher, a)));

    /// <inheritdoc/>
    public override string Name => "elementwise-flow";

    /// <inheritdoc/>
    public override string Formula => "z = f(x), l = sum log|f'(x)|;  dx = dz f'(x) + dl f''(x)/f'(x)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records z [B x D] and log|det| [B x 1].</summary>
    public static (Var Z, Var LogDet) Record(Tape<T> tape, Var x, FlowFunction function, double parameter)
    {
        ref readonly Node<T> node = ref tape.Record(Instance, [x], x.Rows, x.Cols, x.Rows, 1, x.Length, i0: (int)function, p0: parameter);
        return (node.Out0, node.Out1);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y(), c.Scratch, c.Y(1)], [c.Node.I0], [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice dx = c.ClaimDx(0, out bool add);
        c.Run(BackwardId, [c.X(0), c.Y(), c.Scratch, c.Dy(), c.Dy(1), dx], [c.Node.I0, add ? 1 : 0], [c.Node.P0]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        if (c.Tx(0).IsNone) return;
        Slice bend = c.Borrow(c.In(0).Length);
        BasicKernels<T>.AddProduct(c.Backend, c.Tx(0), c.Scratch, c.Ty());
        Bend(c, c.X(0), c.Y(), c.Tx(0), bend);
        BasicKernels<T>.RowSum(c.Backend, bend, c.Ty(1), c.In(0).Rows, c.In(0).Cols);
    }

    /// <summary>bend := f''(x)/f'(x) times a tangent of x; f' lies in the node's scratch.</summary>
    internal static void Bend(in OpContext<T> c, Slice x, Slice z, Slice tangent, Slice bend)
        => c.Run(BendId, [x, z, c.Scratch, tangent, bend], [c.Node.I0], [c.Node.P0]);

    private readonly ref struct NaiveForward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.Forward(_a[0], _a[1], _a[2], _a[3], f);
    }

    private readonly ref struct FastForward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.ForwardSimd(_a[0], _a[1], _a[2], _a[3], f, _a.Workers);
    }

    private readonly ref struct PortableForward(IPortableLauncher<T> launcher, KernelArgs a) : IFlowFunctionUser<T>
    {
        private readonly IPortableLauncher<T> _launcher = launcher;
        private readonly KernelArgs _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => _launcher.FlowForward(_a, f);
    }

    private readonly ref struct NaiveBackward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.Backward(_a[0], _a[1], _a[2], _a[3], _a[4], _a[5], _a.Size(1) == 1, f);
    }

    private readonly ref struct FastBackward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.BackwardSimd(_a[0], _a[1], _a[2], _a[3], _a[4], _a[5], _a.Size(1) == 1, f, _a.Workers);
    }

    private readonly ref struct PortableBackward(IPortableLauncher<T> launcher, KernelArgs a) : IFlowFunctionUser<T>
    {
        private readonly IPortableLauncher<T> _launcher = launcher;
        private readonly KernelArgs _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => _launcher.FlowBackward(_a, _a.Sizes[1] == 1, f);
    }

    private readonly ref struct NaiveBend(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.Bend(_a[0], _a[1], _a[2], _a[3], _a[4], f);
    }

    private readonly ref struct PortableBend(IPortableLauncher<T> launcher, KernelArgs a) : IFlowFunctionUser<T>
    {
        private readonly IPortableLauncher<T> _launcher = launcher;
        private readonly KernelArgs _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => _launcher.FlowBend(_a, f);
    }
}
