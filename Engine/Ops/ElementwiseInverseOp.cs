using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>x = f^-1(z) on every element to full precision, with log|det dx/dz| = - sum log|f'(x)|: [B x D] to [B x D] and [B x 1]. Gradients by the implicit function theorem.</summary>
public sealed class ElementwiseInverseOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ElementwiseInverseOp<T> Instance = new();

    // Slices z, x, f', log-det; sizes function; reals parameter.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("elementwise-inverse",
        static (in CpuArgs<T> a) =>
        {
            T p = a.Real(0);
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.Inverse(a[0], a[1], a[2], a[3], new LeakyReluFunction<T>(p), new LeakyReluInverse<T>(p)); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.Inverse(a[0], a[1], a[2], a[3], new SmoothLeakyReluFunction<T>(p), new SmoothLeakyReluInverse<T>(p)); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.Inverse(a[0], a[1], a[2], a[3], new SneakyReluFunction<T>(p), new SneakyReluInverse<T>(p)); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.Inverse(a[0], a[1], a[2], a[3], new SmoothTanhFunction<T>(p), new SmoothTanhInverse<T>(p)); break;
                default: throw ElementwiseFlowOp<T>.Unknown(a.Size(0));
            }
        },
        static (in CpuArgs<T> a) =>
        {
            T p = a.Real(0);
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.InverseSimd(a[0], a[1], a[2], a[3], new LeakyReluFunction<T>(p), new LeakyReluInverse<T>(p), a.Workers); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.InverseSimd(a[0], a[1], a[2], a[3], new SmoothLeakyReluFunction<T>(p), new SmoothLeakyReluInverse<T>(p), a.Workers); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.InverseSimd(a[0], a[1], a[2], a[3], new SneakyReluFunction<T>(p), new SneakyReluInverse<T>(p), a.Workers); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.InverseSimd(a[0], a[1], a[2], a[3], new SmoothTanhFunction<T>(p), new SmoothTanhInverse<T>(p), a.Workers); break;
                default: throw ElementwiseFlowOp<T>.Unknown(a.Size(0));
            }
        });

    // Slices z, x, f', dx, dlogdet, dz; sizes function; reals parameter.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("elementwise-inverse-backward",
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.InverseBackward(a[0], a[1], a[2], a[3], a[4], a[5], new LeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.InverseBackward(a[0], a[1], a[2], a[3], a[4], a[5], new SmoothLeakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.InverseBackward(a[0], a[1], a[2], a[3], a[4], a[5], new SneakyReluFunction<T>(a.Real(0))); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.InverseBackward(a[0], a[1], a[2], a[3], a[4], a[5], new SmoothTanhFunction<T>(a.Real(0))); break;
                default: throw ElementwiseFlowOp<T>.Unknown(a.Size(0));
            }
        },
        static (in CpuArgs<T> a) =>
        {
            switch ((FlowFunction)a.Size(0))
            {
                case FlowFunction.LeakyRelu: ElementwiseFlow.InverseBackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], new LeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothLeakyRelu: ElementwiseFlow.InverseBackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], new SmoothLeakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SneakyRelu: ElementwiseFlow.InverseBackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], new SneakyReluFunction<T>(a.Real(0)), a.Workers); break;
                case FlowFunction.SmoothTanh: ElementwiseFlow.InverseBackwardSimd(a[0], a[1], a[2], a[3], a[4], a[5], new SmoothTanhFunction<T>(a.Real(0)), a.Workers); break;
                default: throw ElementwiseFlowOp<T>.Unknown(a.Size(0));
            }
        });

    private static readonly KernelId QuotientId = CpuKernels<T>.Define("elementwise-inverse-jvp",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], d = a[1], y = a[2]; for (int i = 0; i < y.Length; i++) y[i] = x[i] / d[i]; });

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
}
