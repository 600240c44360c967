using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// z = weight * x + bias: a convolution (cross-correlation) with stride 1 that keeps the image's size. x is [batch x in-channels pixels] with
/// feature index (channel, row, column), weight is [out x in rows columns], bias [1 x out] or absent, z [batch x out-channels pixels].
/// </summary>
public sealed class Conv2dOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly Conv2dOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv2d";

    /// <inheritdoc/>
    public override string Formula => "z[o,p] = sum w[o,c,t] x[c,p+t] + b[o];  dx[c,p] = sum w[o,c,t] dz[o,p-t],  dw[o,c,t] = sum dz[o,p] x[c,p+t],  db[o] = sum dz[o,p]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records z. Cost 2 batch Products flops forward, twice that backward.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Var Record(Tape<T> tape, Var x, Var weight, in ConvShape shape, Var bias)
    {
        shape.Check();
        if (x.Cols != shape.InLength) throw new ArgumentException($"Conv2d: the input is {x.Shape}; {shape} needs {shape.InLength} columns.");
        RequireWeight("Conv2d", weight, shape);
        if (!bias.IsNone && bias.Length != shape.OutChannels) throw new ArgumentException($"Conv2d: the bias is {bias.Shape}; {shape} needs {shape.OutChannels} numbers.");
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [x, weight, bias], x.Rows, shape.OutLength, i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => Convolution<T>.Forward(c.Backend, Shape(c.Node), c.In(0).Rows, c.X(0), c.X(1), c.X(2), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        ConvShape shape = Shape(c.Node);
        int rows = c.In(0).Rows;
        if (c.Wants(0))
        {
            Slice dx = c.ClaimDx(0, out bool add);
            Convolution<T>.InputGradient(c.Backend, shape, rows, c.Dy(), c.X(1), dx, add);
        }
        if (c.Wants(1))
        {
            Slice dw = c.ClaimDx(1, out bool add);
            Convolution<T>.WeightGradient(c.Backend, shape, rows, c.X(0), c.Dy(), dw, 1, add);
        }
        if (c.Wants(2)) Convolution<T>.BiasGradient(c.Backend, rows, shape.OutChannels, shape.Pixels, c.Dy(), c.Dx(2));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        ConvShape shape = Shape(c.Node);
        int rows = c.In(0).Rows;
        if (!c.Tx(1).IsNone) Convolution<T>.Forward(c.Backend, shape, rows, c.X(0), c.Tx(1), c.Tx(2), c.Ty());
        else if (!c.Tx(2).IsNone)
        {
            Slice zero = c.Borrow(c.In(1).Length);
            BasicKernels<T>.Fill(c.Backend, zero, 0);
            Convolution<T>.Forward(c.Backend, shape, rows, c.X(0), zero, c.Tx(2), c.Ty());
        }
        else BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) Convolution<T>.Forward(c.Backend, shape, rows, c.Tx(0), c.X(1), Slice.None, c.Ty(), add: true);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Shape(n);
        return input switch
        {
            0 => Record(tape, dy, tape.MirrorKernel(tape.Input(n, 1), shape), shape.Transposed, Var.None),
            1 => Conv2dWeightGradientOp<T>.Record(tape, tape.Input(n, 0), dy, shape),
            _ => tape.SumColumns(tape.SumRows(dy).Reshape(shape.OutChannels, shape.Pixels)).Reshape(1, shape.OutChannels),
        };
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Shape(n);
        switch (input)
        {
            case 0: return Record(tape, dx, tape.Input(n, 1), shape, Var.None);
            case 1: return Record(tape, tape.Input(n, 0), dx, shape, Var.None);
            default:
                // A bias reaches every pixel of its channel, whatever the image.
                Var zero = tape.Constant(0, n.Out0.Rows, shape.InLength);
                return Record(tape, zero, tape.Input(n, 1), shape, dx);
        }
    }

    internal static ConvShape Shape(in Node<T> node) => ConvShape.Unpack(node.I0, node.I1, node.I2);

    internal static void RequireWeight(string what, Var weight, in ConvShape shape)
    {
        if (weight.Rows != shape.OutChannels || weight.Cols != shape.WeightColumns)
            throw new ArgumentException($"{what}: the weight is {weight.Shape}; {shape} needs {shape.OutChannels}x{shape.WeightColumns}.");
    }
}

/// <summary>Recording <see cref="Conv2dOp{T}"/>.</summary>
public static class Conv2dOpRecording
{
    /// <inheritdoc cref="Conv2dOp{T}.Record"/>
    public static Var Conv2d<T>(this Tape<T> tape, Var x, Var weight, in ConvShape shape, Var bias) where T : unmanaged, IFloatingPointIeee754<T>
        => Conv2dOp<T>.Record(tape, x, weight, shape, bias);

    /// <summary>A convolution without bias.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Var Conv2d<T>(this Tape<T> tape, Var x, Var weight, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => Conv2dOp<T>.Record(tape, x, weight, shape, Var.None);
}
