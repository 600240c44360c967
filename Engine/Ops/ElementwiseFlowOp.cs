using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>z = f(x) on every element, with log|det| = sum over the features of log|f'(x)|: [B x D] to [B x D] and [B x 1]. f' is kept for backward.</summary>
public sealed class ElementwiseFlowOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ElementwiseFlowOp<T> Instance = new();

    // Slices x, z, f', log-det; sizes function; reals parameter.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("elementwise-flow",
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.Forward(a[0], a[1], a[2], a[3], new LeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.Forward(a[0], a[1], a[2], a[3], new SmoothLeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.Forward(a[0], a[1], a[2], a[3], new SneakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.Forward(a[0], a[1], a[2], a[3], new SmoothTanhFunction<T>(a.Real(0))); break;
                default: throw Unknown(a.Size(0));
            }
        },
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.ForwardSimd(a[0], a[1], a[2], a[3], new LeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.ForwardSimd(a[0], a[1], a[2], a[3], new SmoothLeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.ForwardSimd(a[0], a[1], a[2], a[3], new SneakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.ForwardSimd(a[0], a[1], a[2], a[3], new SmoothTanhFunction<T>(a.Real(0)), a.Workers); break;
                default: throw Unknown(a.Size(0));
            }
        });

    // Slices x, z, f', dz, dlogdet, dx; sizes function, whether to add; reals parameter.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("elementwise-flow-backward",
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.Backward(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new LeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.Backward(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SmoothLeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.Backward(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SneakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.Backward(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SmoothTanhFunction<T>(a.Real(0))); break;
                default: throw Unknown(a.Size(0));
            }
        },
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.BackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new LeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.BackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SmoothLeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.BackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SneakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.BackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(1) == 1, new SmoothTanhFunction<T>(a.Real(0)), a.Workers); break;
                default: throw Unknown(a.Size(0));
            }
        });

    // Slices x, y, f', tangent, bend; sizes function; reals parameter: bend = f''/f' times the tangent, which is already that of x.
    private static readonly KernelId BendId = CpuKernels<T>.Define("elementwise-flow-bend",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1], d = a[2], t = a[3], bend = a[4];
            T p = a.Real(0);
            for (int i = 0; i < x.Length; i++)
            {
                T second = (FlowFunction)a.Size(0) switch
                {
                    FlowFunction.LeakyRelu => new LeakyReluFunction<T>(p).SecondDerivative(x[i], y[i]),
                    FlowFunction.SmoothLeakyRelu => new SmoothLeakyReluFunction<T>(p).SecondDerivative(x[i], y[i]),
                    FlowFunction.SneakyRelu => new SneakyReluFunction<T>(p).SecondDerivative(x[i], y[i]),
                    FlowFunction.SmoothTanh => new SmoothTanhFunction<T>(p).SecondDerivative(x[i], y[i]),
                    _ => throw Unknown(a.Size(0)),
                };
                bend[i] = second / d[i] * t[i];
            }
        });

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

    internal static ArgumentException Unknown(int function) => new($"ElementwiseFlow: there is no function number {function}.");
}
