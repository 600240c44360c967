using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The weight gradient of a convolution as a value: y[o, c, t] = sum over batch and pixels of dz[o, p] x[c, p + t]. Makes second derivatives of <see cref="Conv2dOp{T}"/> possible.</summary>
public sealed class Conv2dWeightGradientOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly Conv2dWeightGradientOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv2d-weight-gradient";

    /// <inheritdoc/>
    public override string Formula => "y[o,c,t] = sum dz[o,p] x[c,p+t];  dx[c,p] = sum dy[o,c,t] dz[o,p-t],  d dz[o,p] = sum dy[o,c,t] x[c,p+t]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y [out x in taps] from x [batch x in-channels pixels] and dz [batch x out-channels pixels]. Cost 2 batch Products flops.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Var Record(Tape<T> tape, Var x, Var dz, in ConvShape shape)
    {
        shape.Check();
        if (x.Cols != shape.InLength || dz.Cols != shape.OutLength || x.Rows != dz.Rows)
            throw new ArgumentException($"Conv2dWeightGradient: x is {x.Shape}, dz is {dz.Shape}; {shape} needs {shape.InLength} and {shape.OutLength} columns and equal rows.");
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [x, dz], shape.OutChannels, shape.WeightColumns, i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => Convolution<T>.WeightGradient(c.Backend, Conv2dOp<T>.Shape(c.Node), c.In(0).Rows, c.X(0), c.X(1), c.Y(), 1, add: false);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.In(0).Rows;
        if (c.Wants(0)) Convolution<T>.InputGradient(c.Backend, shape, rows, c.X(1), c.Dy(), c.Dx(0), add: true);
        if (c.Wants(1)) Convolution<T>.Forward(c.Backend, shape, rows, c.X(0), c.Dy(), Slice.None, c.Dx(1), add: true);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.In(0).Rows;
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Convolution<T>.WeightGradient(c.Backend, shape, rows, c.Tx(0), c.X(1), c.Ty(), 1, add: false);
        if (!c.Tx(1).IsNone) Convolution<T>.WeightGradient(c.Backend, shape, rows, c.X(0), c.Tx(1), c.Ty(), 1, add: true);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Conv2dOp<T>.Shape(n);
        return input == 0
            ? tape.Conv2d(tape.Input(n, 1), tape.MirrorKernel(dy, shape), shape.Transposed)
            : tape.Conv2d(tape.Input(n, 0), dy, shape);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Conv2dOp<T>.Shape(n);
        return input == 0 ? Record(tape, dx, tape.Input(n, 1), shape) : Record(tape, tape.Input(n, 0), dx, shape);
    }
}
