using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y' = f'(x), given x and y = f(x); its own backward uses f''. Made by <see cref="UnaryOp{T, TFunction}"/> for second derivatives.</summary>
public sealed class UnaryDerivativeOp<T, TFunction> : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    private readonly KernelId _derivative;
    private readonly KernelId _second;

    internal UnaryDerivativeOp(string function, Func<double, TFunction> make)
    {
        Page = function;
        // Slices x, y, result; real: parameter.
        _derivative = PortableKernels<T>.Define(CpuKernels<T>.Define(function + "-derivative",
            (in CpuArgs<T> a) => ReferenceElementwise.Derivative(a[0], a[1], a[2], make(a.Real64(0))),
            (in CpuArgs<T> a) => Elementwise.Derivative(a[0], a[1], a[2], make(a.Real64(0)))),
            (launcher, in a) => launcher.Derivative(a, make(a.Reals[0])));
        _second = PortableKernels<T>.Define(CpuKernels<T>.Define(function + "-second-derivative",
            (in CpuArgs<T> a) => ReferenceElementwise.SecondDerivative(a[0], a[1], a[2], make(a.Real64(0))),
            (in CpuArgs<T> a) => Elementwise.SecondDerivative(a[0], a[1], a[2], make(a.Real64(0)))),
            (launcher, in a) => launcher.SecondDerivative(a, make(a.Reals[0])));
    }

    /// <inheritdoc/>
    public override string Name => Page + "-derivative";

    /// <inheritdoc/>
    public override string Page { get; }

    /// <inheritdoc/>
    public override string Formula => "y = f'(x);  dx = f''(x) dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records f'(x). Cost: one evaluation of f' an element, and one of f'' backward. All of the gradient flows through x; y is the value at x, given so as not to compute it again.</summary>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public Var Record(Tape<T> tape, Var x, Var y, double parameter = 0)
    {
        if (x.Rows != y.Rows || x.Cols != y.Cols) throw new ArgumentException($"{Name}: x is {x.Shape}, its value is {y.Shape}; they must be equal.");
        return tape.Record(this, [x, y.Detach()], x.Rows, x.Cols, p0: parameter).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(_derivative, [c.X(0), c.X(1), c.Y()], default, [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => BasicKernels<T>.AddProduct(c.Backend, Second(c), c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) BasicKernels<T>.AddProduct(c.Backend, Second(c), c.Tx(0), c.Ty());
    }

    private Slice Second(in OpContext<T> c)
    {
        Slice second = c.Borrow(c.Out().Length);
        c.Run(_second, [c.X(0), c.X(1), second], default, [c.Node.P0]);
        return second;
    }
}
