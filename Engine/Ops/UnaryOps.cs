using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The elementwise ops. In formulas, s is the parameter.</summary>
public static class UnaryOps<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>|x|; the derivative at 0 is 0.</summary>
    public static readonly UnaryOp<T, AbsFunction<T>> Abs = new("abs", "y = |x|;  dx = sign(x) dy", static _ => default);

    /// <summary>The inverse hyperbolic sine.</summary>
    public static readonly UnaryOp<T, AsinhFunction<T>> Asinh = new("asinh", "y = asinh(x);  dx = dy / sqrt(1 + x^2)", static _ => default);

    /// <summary>asinh(r)/r, r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static readonly UnaryOp<T, AsinhRatioFunction<T>> AsinhRatio = new("asinh-ratio", "y = asinh(r)/r, r = sqrt(x);  dx = (1/sqrt(1 + x) - y)/(2x) dy", static _ => default);

    /// <summary>The arc tangent in radians.</summary>
    public static readonly UnaryOp<T, AtanFunction<T>> Atan = new("atan", "y = atan(x);  dx = dy / (1 + x^2)", static _ => default);

    /// <summary>The cosine of x in radians.</summary>
    public static readonly UnaryOp<T, CosFunction<T>> Cos = new("cos", "y = cos(x);  dx = -sin(x) dy", static _ => default);

    /// <summary>cosh(r), r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static readonly UnaryOp<T, CoshRootFunction<T>> CoshRoot = new("cosh-root", "y = cosh(r), r = sqrt(x);  dx = sinh(r)/(2r) dy", static _ => default);

    /// <summary>x above zero, alpha (exp(x) - 1) below; smooth for alpha = 1.</summary>
    public static readonly UnaryOp<T, EluFunction<T>> Elu = new("elu", "y = x above 0, s (exp(x) - 1) below;  dx = dy above 0, s exp(x) dy below", static s => new EluFunction<T>(T.CreateTruncating(s)));

    /// <summary>exp(x).</summary>
    public static readonly UnaryOp<T, ExpFunction<T>> Exp = new("exp", "y = exp(x);  dx = y dy", static _ => default);

    /// <summary>exp(x) - 1, accurate near zero.</summary>
    public static readonly UnaryOp<T, Expm1Function<T>> Expm1 = new("expm1", "y = exp(x) - 1;  dx = exp(x) dy", static _ => default);

    /// <summary>x above zero, slope x below.</summary>
    public static readonly UnaryOp<T, LeakyReluFunction<T>> LeakyRelu = new("leaky-relu", "y = x above 0, s x below;  dx = dy above 0, s dy below", static s => new LeakyReluFunction<T>(T.CreateTruncating(s)));

    /// <summary>The natural logarithm.</summary>
    public static readonly UnaryOp<T, LogFunction<T>> Log = new("log", "y = log(x);  dx = dy / x", static _ => default);

    /// <summary>log(1 + x), accurate near zero.</summary>
    public static readonly UnaryOp<T, Log1pFunction<T>> Log1p = new("log1p", "y = log(1 + x);  dx = dy / (1 + x)", static _ => default);

    /// <summary>log of the logistic function.</summary>
    public static readonly UnaryOp<T, LogSigmoidFunction<T>> LogSigmoid = new("log-sigmoid", "y = -log(1 + exp(-x));  dx = sigmoid(-x) dy", static _ => default);

    /// <summary>log(sinh(r)/r), r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static readonly UnaryOp<T, LogSinhRatioFunction<T>> LogSinhRatio = new("log-sinh-ratio", "y = log(sinh(r)/r), r = sqrt(x);  dx = (r coth(r) - 1)/(2x) dy", static _ => default);

    /// <summary>log(x / (1 - x)) on (0, 1), unclipped.</summary>
    public static readonly UnaryOp<T, LogitFunction<T>> Logit = new("logit", "y = log(x / (1 - x));  dx = dy / (x (1 - x))", static _ => default);

    /// <summary>-x.</summary>
    public static readonly UnaryOp<T, NegateFunction<T>> Negate = new("negate", "y = -x;  dx = -dy", static _ => default);

    /// <summary>1 / x.</summary>
    public static readonly UnaryOp<T, ReciprocalFunction<T>> Reciprocal = new("reciprocal", "y = 1 / x;  dx = -y^2 dy", static _ => default);

    /// <summary>max(x, 0); the derivative at 0 is 0.</summary>
    public static readonly UnaryOp<T, ReluFunction<T>> Relu = new("relu", "y = max(x, 0);  dx = dy where x > 0", static _ => default);

    /// <summary>The logistic function.</summary>
    public static readonly UnaryOp<T, SigmoidFunction<T>> Sigmoid = new("sigmoid", "y = 1 / (1 + exp(-x));  dx = y (1 - y) dy", static _ => default);

    /// <summary>The sine of x in radians.</summary>
    public static readonly UnaryOp<T, SinFunction<T>> Sin = new("sin", "y = sin(x);  dx = cos(x) dy", static _ => default);

    /// <summary>sinh(r)/r, r = sqrt(x), for x at least 0; analytic at 0.</summary>
    public static readonly UnaryOp<T, SinhRatioFunction<T>> SinhRatio = new("sinh-ratio", "y = sinh(r)/r, r = sqrt(x);  dx = (cosh(r) - y)/(2x) dy", static _ => default);

    /// <summary>alpha x + (1 - alpha) softplus(x): slope alpha far below zero, 1 far above.</summary>
    public static readonly UnaryOp<T, SmoothLeakyReluFunction<T>> SmoothLeakyRelu = new("smooth-leaky-relu", "y = s x + (1 - s) log(1 + exp(x));  dx = (s + (1 - s) sigmoid(x)) dy", static s => new SmoothLeakyReluFunction<T>(T.CreateTruncating(s)));

    /// <summary>log(1 + exp(x)).</summary>
    public static readonly UnaryOp<T, SoftplusFunction<T>> Softplus = new("softplus", "y = log(1 + exp(x));  dx = sigmoid(x) dy", static _ => default);

    /// <summary>The square root.</summary>
    public static readonly UnaryOp<T, SqrtFunction<T>> Sqrt = new("sqrt", "y = sqrt(x);  dx = dy / (2 y)", static _ => default);

    /// <summary>x squared.</summary>
    public static readonly UnaryOp<T, SquareFunction<T>> Square = new("square", "y = x^2;  dx = 2 x dy", static _ => default);

    /// <summary>The hyperbolic tangent.</summary>
    public static readonly UnaryOp<T, TanhFunction<T>> Tanh = new("tanh", "y = tanh(x);  dx = (1 - y^2) dy", static _ => default);

    /// <summary>All of them, each followed by its derivative.</summary>
    public static IReadOnlyList<Op<T>> All { get; } =
    [
        Abs, Abs.Derivative,
        Asinh, Asinh.Derivative,
        AsinhRatio, AsinhRatio.Derivative,
        Atan, Atan.Derivative,
        Cos, Cos.Derivative,
        CoshRoot, CoshRoot.Derivative,
        Elu, Elu.Derivative,
        Exp, Exp.Derivative,
        Expm1, Expm1.Derivative,
        LeakyRelu, LeakyRelu.Derivative,
        Log, Log.Derivative,
        Log1p, Log1p.Derivative,
        LogSigmoid, LogSigmoid.Derivative,
        LogSinhRatio, LogSinhRatio.Derivative,
        Logit, Logit.Derivative,
        Negate, Negate.Derivative,
        Reciprocal, Reciprocal.Derivative,
        Relu, Relu.Derivative,
        Sigmoid, Sigmoid.Derivative,
        Sin, Sin.Derivative,
        SinhRatio, SinhRatio.Derivative,
        SmoothLeakyRelu, SmoothLeakyRelu.Derivative,
        Softplus, Softplus.Derivative,
        Sqrt, Sqrt.Derivative,
        Square, Square.Derivative,
        Tanh, Tanh.Derivative,
    ];
}
