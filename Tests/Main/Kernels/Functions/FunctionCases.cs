using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What to do with a function once its type is known.</summary>
public interface IFunctionVisitor
{
    void Visit<TF, TD>(TF single, TD twice, double from, double to)
        where TF : struct, IUnaryFunction<float>
        where TD : struct, IUnaryFunction<double>;
}

/// <summary>Every function with a domain on which it and its derivatives are smooth and moderate (kinks avoided by the tests that need it).</summary>
public static class FunctionCases
{
    public static readonly string[] Names =
    [
        "Exp", "Log", "Log1p", "Expm1", "Tanh", "Sigmoid", "Softplus", "LogSigmoid", "Relu", "LeakyRelu", "SmoothLeakyRelu", "Elu",
        "Square", "Sqrt", "Reciprocal", "Negate", "Abs", "Sin", "Cos", "Logit", "Asinh", "Atan", "SneakyRelu", "SmoothTanh", "Erf", "ErfInverse",
        "CoshRoot", "SinhRatio", "LogSinhRatio", "AsinhRatio",
    ];

    public static TheoryData<string> All => [.. Names];

    public static void Dispatch<TVisitor>(string name, TVisitor visitor)
        where TVisitor : IFunctionVisitor
    {
        switch (name)
        {
            case "Exp": visitor.Visit(default(ExpFunction<float>), default(ExpFunction<double>), -8, 8); break;
            case "Log": visitor.Visit(default(LogFunction<float>), default(LogFunction<double>), 0.01, 50); break;
            case "Log1p": visitor.Visit(default(Log1pFunction<float>), default(Log1pFunction<double>), -0.9, 9); break;
            case "Expm1": visitor.Visit(default(Expm1Function<float>), default(Expm1Function<double>), -5, 5); break;
            case "Tanh": visitor.Visit(default(TanhFunction<float>), default(TanhFunction<double>), -4, 4); break;
            case "Sigmoid": visitor.Visit(default(SigmoidFunction<float>), default(SigmoidFunction<double>), -6, 6); break;
            case "Softplus": visitor.Visit(default(SoftplusFunction<float>), default(SoftplusFunction<double>), -8, 8); break;
            case "LogSigmoid": visitor.Visit(default(LogSigmoidFunction<float>), default(LogSigmoidFunction<double>), -8, 8); break;
            case "Relu": visitor.Visit(default(ReluFunction<float>), default(ReluFunction<double>), -3, 3); break;
            case "LeakyRelu": visitor.Visit(new LeakyReluFunction<float>(0.25f), new LeakyReluFunction<double>(0.25), -3, 3); break;
            case "SmoothLeakyRelu": visitor.Visit(new SmoothLeakyReluFunction<float>(0.25f), new SmoothLeakyReluFunction<double>(0.25), -8, 8); break;
            case "Elu": visitor.Visit(new EluFunction<float>(1.5f), new EluFunction<double>(1.5), -5, 5); break;
            case "Square": visitor.Visit(default(SquareFunction<float>), default(SquareFunction<double>), -5, 5); break;
            case "Sqrt": visitor.Visit(default(SqrtFunction<float>), default(SqrtFunction<double>), 0.05, 20); break;
            case "Reciprocal": visitor.Visit(default(ReciprocalFunction<float>), default(ReciprocalFunction<double>), 0.2, 5); break;
            case "Negate": visitor.Visit(default(NegateFunction<float>), default(NegateFunction<double>), -5, 5); break;
            case "Abs": visitor.Visit(default(AbsFunction<float>), default(AbsFunction<double>), -5, 5); break;
            case "Sin": visitor.Visit(default(SinFunction<float>), default(SinFunction<double>), -6, 6); break;
            case "Cos": visitor.Visit(default(CosFunction<float>), default(CosFunction<double>), -6, 6); break;
            case "Logit": visitor.Visit(default(LogitFunction<float>), default(LogitFunction<double>), 0.02, 0.98); break;
            case "Asinh": visitor.Visit(default(AsinhFunction<float>), default(AsinhFunction<double>), -9, 9); break;
            case "Atan": visitor.Visit(default(AtanFunction<float>), default(AtanFunction<double>), -9, 9); break;
            case "SneakyRelu": visitor.Visit(new SneakyReluFunction<float>(0.25f), new SneakyReluFunction<double>(0.25), -8, 8); break;
            case "SmoothTanh": visitor.Visit(new SmoothTanhFunction<float>(0.25f), new SmoothTanhFunction<double>(0.25), -4, 4); break;
            case "Erf": visitor.Visit(default(ErfFunction<float>), default(ErfFunction<double>), -2.5, 2.5); break;
            case "ErfInverse": visitor.Visit(default(ErfInverseFunction<float>), default(ErfInverseFunction<double>), -0.9, 0.9); break;
            case "CoshRoot": visitor.Visit(default(CoshRootFunction<float>), default(CoshRootFunction<double>), 0, 12); break;
            case "SinhRatio": visitor.Visit(default(SinhRatioFunction<float>), default(SinhRatioFunction<double>), 0, 12); break;
            case "LogSinhRatio": visitor.Visit(default(LogSinhRatioFunction<float>), default(LogSinhRatioFunction<double>), 0, 12); break;
            case "AsinhRatio": visitor.Visit(default(AsinhRatioFunction<float>), default(AsinhRatioFunction<double>), 0, 12); break;
            default: throw new ArgumentException($"No function case is called {name}.");
        }
    }

    /// <summary>Distance of two numbers in units of the last place of the wanted one (a float), NaN matching NaN only.</summary>
    public static double UlpFloat(double wanted, float got)
    {
        float rounded = (float)wanted;
        if (float.IsNaN(rounded) || float.IsNaN(got)) return float.IsNaN(rounded) == float.IsNaN(got) ? 0 : double.PositiveInfinity;
        if (rounded == got) return 0;
        if (float.IsInfinity(rounded) || float.IsInfinity(got)) return double.PositiveInfinity;
        double unit = Math.Max(Math.ScaleB(1, Math.ILogB(wanted) - 23), float.Epsilon);
        return Math.Abs(got - wanted) / unit;
    }

    /// <summary>As <see cref="UlpFloat"/>, for double.</summary>
    public static double UlpDouble(double wanted, double got)
    {
        if (double.IsNaN(wanted) || double.IsNaN(got)) return double.IsNaN(wanted) == double.IsNaN(got) ? 0 : double.PositiveInfinity;
        if (wanted == got) return 0;
        if (double.IsInfinity(wanted) || double.IsInfinity(got)) return double.PositiveInfinity;
        double unit = Math.Max(Math.ScaleB(1, Math.ILogB(wanted) - 52), double.Epsilon);
        return Math.Abs(got - wanted) / unit;
    }
}
