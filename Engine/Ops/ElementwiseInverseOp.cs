using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>x = f^-1(z) on every element to full precision, with log|det dx/dz| = - sum log|f'(x)|: [B x D] to [B x D] and [B x 1]. Gradients by the implicit function theorem.</summary>
public sealed class ElementwiseInverseOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ElementwiseInverseOp<T> Instance = new();

    // Slices z, x, f', log-det; sizes function; reals parameter.
    private static readonly KernelId ForwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-inverse",
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new NaiveForward(a)),
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new FastForward(a))),
        static (launcher, in a) => FlowFunctions<T>.With(a.Sizes[0], a.Real<T>(0), new PortableForward(launcher, a)));

    // Slices z, x, f', dx, dlogdet, dz; sizes function; reals parameter.
    private static readonly KernelId BackwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-inverse-backward",
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new NaiveBackward(a)),
        static (in CpuArgs<T> a) => FlowFunctions<T>.With(a.Size(0), a.Real(0), new FastBackward(a))),
        static (launcher, in a) => FlowFunctions<T>.With(a.Sizes[0], a.Real<T>(0), new PortableBackward(launcher, a)));

    // Slices x, d, y: y = x / d.
    private static readonly KernelId QuotientId = PortableKernels<T>.Define(CpuKernels<T>.Define("elementwise-inverse-jvp",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], d = a[1], y = a[2]; for (int i = 0; i < y.Length; i++) y[i] = x[i] / d[i]; }),
        static (launcher, in a) => launcher.Each(a, default(QuotientBody)));

    /// <inheritdoc/>
    public override string Name => "elementwise-inverse";

    /// <inheritdoc/>
    public override string Formula => "x = f^-1(z), l = -sum log|f'(x)|;  dz = (dx - dl f''(x)/f'(x))/f'(x)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records x [B x D] and log|det dx/dz| [B x 1].</summary>
    public static (Var X, Var LogDet) Record(Tape<T> tape, Var z, FlowFunction function, double parameter)
    {
        ref readonly Node<T> node = ref tape.Record(Instance, [z], z.Rows, z.Cols, z.Rows, 1, z.Length, i0: (int)function, p0: parameter);
        return (node.Out0, node.Out1);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y(), c.Scratch, c.Y(1)], [c.Node.I0], [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(BackwardId, [c.X(0), c.Y(), c.Scratch, c.Dy(), c.Dy(1), c.Dx(0)], [c.Node.I0], [c.Node.P0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        if (c.Tx(0).IsNone) return;
        Slice bend = c.Borrow(c.In(0).Length);
        c.Run(QuotientId, [c.Tx(0), c.Scratch, c.Ty()]);
        ElementwiseFlowOp<T>.Bend(c, c.Y(), c.X(0), c.Ty(), bend);
        BasicKernels<T>.RowSum(c.Backend, bend, c.Ty(1), c.In(0).Rows, c.In(0).Cols, -1);
    }

    private readonly ref struct NaiveForward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.Inverse(_a[0], _a[1], _a[2], _a[3], f, inverse);
    }

    private readonly ref struct FastForward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.InverseSimd(_a[0], _a[1], _a[2], _a[3], f, inverse, _a.Workers);
    }

    private readonly ref struct PortableForward(IPortableLauncher<T> launcher, KernelArgs a) : IFlowFunctionUser<T>
    {
        private readonly IPortableLauncher<T> _launcher = launcher;
        private readonly KernelArgs _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => _launcher.FlowInverse(_a, f, inverse);
    }

    private readonly ref struct NaiveBackward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.InverseBackward(_a[0], _a[1], _a[2], _a[3], _a[4], _a[5], f);
    }

    private readonly ref struct FastBackward(CpuArgs<T> a) : IFlowFunctionUser<T>
    {
        private readonly CpuArgs<T> _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => ElementwiseFlow.InverseBackwardSimd(_a[0], _a[1], _a[2], _a[3], _a[4], _a[5], f, _a.Workers);
    }

    private readonly ref struct PortableBackward(IPortableLauncher<T> launcher, KernelArgs a) : IFlowFunctionUser<T>
    {
        private readonly IPortableLauncher<T> _launcher = launcher;
        private readonly KernelArgs _a = a;

        public void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
            where TFunction : struct, IUnaryFunction<T>
            where TInverse : struct, IInverseFunction<T>
            => _launcher.FlowInverseBackward(_a, f);
    }

    internal readonly struct QuotientBody : IElementBody<T>
    {
        public static int Inputs => 2;

        public static bool HasRow => false;

        public static int Settings => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
            => x.A / x.B;
    }
}
