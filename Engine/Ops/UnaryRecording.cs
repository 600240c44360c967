using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>Recording the elementwise ops of <see cref="UnaryOps{T}"/>.</summary>
public static class UnaryRecording
{
    /// <summary>|x|; the derivative at 0 is 0.</summary>
    public static Var Abs<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Abs.Record(tape, x);

    /// <summary>The inverse hyperbolic sine.</summary>
    public static Var Asinh<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Asinh.Record(tape, x);

    /// <summary>asinh(r)/r, r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static Var AsinhRatio<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.AsinhRatio.Record(tape, x);

    /// <summary>The arc tangent in radians.</summary>
    public static Var Atan<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Atan.Record(tape, x);

    /// <summary>The cosine of x in radians.</summary>
    public static Var Cos<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Cos.Record(tape, x);

    /// <summary>cosh(r), r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static Var CoshRoot<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.CoshRoot.Record(tape, x);

    /// <summary>x above zero, alpha (exp(x) - 1) below; smooth for alpha = 1.</summary>
    public static Var Elu<T>(this Tape<T> tape, Var x, double alpha = 1) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Elu.Record(tape, x, alpha);

    /// <summary>exp(x).</summary>
    public static Var Exp<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Exp.Record(tape, x);

    /// <summary>exp(x) - 1, accurate near zero.</summary>
    public static Var Expm1<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Expm1.Record(tape, x);

    /// <summary>x above zero, slope x below.</summary>
    public static Var LeakyRelu<T>(this Tape<T> tape, Var x, double slope = 0.01) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.LeakyRelu.Record(tape, x, slope);

    /// <summary>The natural logarithm.</summary>
    public static Var Log<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Log.Record(tape, x);

    /// <summary>log(1 + x), accurate near zero.</summary>
    public static Var Log1p<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Log1p.Record(tape, x);

    /// <summary>log of the logistic function.</summary>
    public static Var LogSigmoid<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.LogSigmoid.Record(tape, x);

    /// <summary>log(sinh(r)/r), r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static Var LogSinhRatio<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.LogSinhRatio.Record(tape, x);

    /// <summary>log(x / (1 - x)) on (0, 1), unclipped.</summary>
    public static Var Logit<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Logit.Record(tape, x);

    /// <summary>-x.</summary>
    public static Var Negate<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Negate.Record(tape, x);

    /// <summary>1 / x.</summary>
    public static Var Reciprocal<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Reciprocal.Record(tape, x);

    /// <summary>max(x, 0); the derivative at 0 is 0.</summary>
    public static Var Relu<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Relu.Record(tape, x);

    /// <summary>The logistic function.</summary>
    public static Var Sigmoid<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Sigmoid.Record(tape, x);

    /// <summary>The sine of x in radians.</summary>
    public static Var Sin<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Sin.Record(tape, x);

    /// <summary>sinh(r)/r, r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static Var SinhRatio<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.SinhRatio.Record(tape, x);

    /// <summary>alpha x + (1 - alpha) softplus(x): slope alpha far below zero, 1 far above.</summary>
    public static Var SmoothLeakyRelu<T>(this Tape<T> tape, Var x, double alpha) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.SmoothLeakyRelu.Record(tape, x, alpha);

    /// <summary>log(1 + exp(x)).</summary>
    public static Var Softplus<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Softplus.Record(tape, x);

    /// <summary>The square root.</summary>
    public static Var Sqrt<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Sqrt.Record(tape, x);

    /// <summary>x squared.</summary>
    public static Var Square<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Square.Record(tape, x);

    /// <summary>The hyperbolic tangent.</summary>
    public static Var Tanh<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => UnaryOps<T>.Tanh.Record(tape, x);
}
