using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = f(x), element by element, for any function that names its first two derivatives. A parameter of f lies in the node.</summary>
public sealed class UnaryOp<T, TFunction> : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    private readonly KernelId _value;
    private readonly KernelId _backward;

    internal UnaryOp(string name, string formula, Func<double, TFunction> function)
    {
        Name = name;
        Formula = formula;
        Derivative = new UnaryDerivativeOp<T, TFunction>(name, function);
        // Slices x, y; real: parameter.
        _value = PortableKernels<T>.Define(CpuKernels<T>.Define(name,
            (in CpuArgs<T> a) => ReferenceElementwise.Map(a[0], a[1], function(a.Real64(0))),
            (in CpuArgs<T> a) => Elementwise.Map(a[0], a[1], function(a.Real64(0)))),
            (launcher, in a) => launcher.Map(a, function(a.Reals[0])));
        // Slices x, y, dy, dx; real: parameter.
        _backward = PortableKernels<T>.Define(CpuKernels<T>.Define(name + "-backward",
            (in CpuArgs<T> a) => ReferenceElementwise.AddDerivative(a[0], a[1], a[2], a[3], function(a.Real64(0))),
            (in CpuArgs<T> a) => Elementwise.AddDerivative(a[0], a[1], a[2], a[3], function(a.Real64(0)))),
            (launcher, in a) => launcher.AddDerivative(a, function(a.Reals[0])));
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Formula { get; }

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>The op y = f'(x), which recorded derivatives are made of.</summary>
    public UnaryDerivativeOp<T, TFunction> Derivative { get; }

    /// <summary>Records y = f(x). Cost: one evaluation of f an element, and one of f' backward.</summary>
    public Var Record(Tape<T> tape, Var x, double parameter = 0) => tape.Record(this, [x], x.Rows, x.Cols, p0: parameter).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(_value, [c.X(0), c.Y()], default, [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(_backward, [c.X(0), c.Y(), c.Dy(), c.Dx(0)], default, [c.Node.P0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(_backward, [c.X(0), c.Y(), c.Tx(0), c.Ty()], default, [c.Node.P0]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Times(tape, node, dy);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Times(tape, node, dx);

    // The Jacobian is diagonal: vjp and jvp are the same product.
    private Var Times(Tape<T> tape, int node, Var v)
    {
        Node<T> n = tape.Node(node);
        return tape.Multiply(v, Derivative.Record(tape, tape.Input(n, 0), n.Out0, n.P0));
    }
}
