using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A scale function and its numbers; those that the function does not use are ignored.</summary>
/// <param name="Function">How a raw number becomes a scale.</param>
/// <param name="Least">Added to <see cref="ScaleFunction.Sigmoid"/> (0 or more) and <see cref="ScaleFunction.Softplus"/> (above 0).</param>
/// <param name="Slope">Least scale of <see cref="ScaleFunction.SoftClip"/>, in (0, 1).</param>
/// <param name="Clamp">Largest |log scale| of the clamped functions and of <see cref="ScaleFunction.Tanh"/>, above 0.</param>
/// <param name="Cap">Largest <see cref="ScaleFunction.Softplus"/> scale, above <paramref name="Least"/>; infinite for none.</param>
public readonly record struct ScaleSettings(
    ScaleFunction Function, double Least = 1e-3, double Slope = 1e-3, double Clamp = 2, double Cap = double.PositiveInfinity)
{
    // The factor that FrEIA has for 2/pi.
    private const double AtanFactor = 0.636;

    private static string[] Names => ["exp", "sigmoid", "softplus", "soft-clip", "reciprocal-sigmoid", "clamp-atan", "clamp-tanh", "clamp-sigmoid", "tanh", "half-sigmoid", "learned-tanh"];

    private bool HasClamp => Function is ScaleFunction.ClampAtan or ScaleFunction.ClampTanh or ScaleFunction.ClampSigmoid or ScaleFunction.Tanh;

    /// <summary>The raw number with which it starts: scale 1 where it can be reached, else where its source starts.</summary>
    internal double Start => Function == ScaleFunction.Softplus ? SoftplusInverse(Math.Min(1, Cap) - Least) : 0;

    /// <summary>Refuses numbers out of range.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public void Check()
    {
        if (Function == ScaleFunction.Sigmoid && !(Least >= 0 && double.IsFinite(Least))) throw new ArgumentException($"least is {Least}; it must be 0 or more and finite.");
        if (Function == ScaleFunction.Softplus && !(Least > 0 && Least < 1)) throw new ArgumentException($"least is {Least}; it must lie in (0, 1).");
        if (Function == ScaleFunction.Softplus && !(Cap > Least)) throw new ArgumentException($"cap is {Cap}; it must be above least, {Least}.");
        if (Function == ScaleFunction.SoftClip && !(Slope > 0 && Slope < 1)) throw new ArgumentException($"slope is {Slope}; it must lie in (0, 1).");
        if (HasClamp && !(Clamp > 0 && double.IsFinite(Clamp))) throw new ArgumentException($"clamp is {Clamp}; it must be above 0 and finite.");
    }

    internal static ScaleSettings Read(ConfigReader reader)
    {
        var function = (ScaleFunction)Array.IndexOf(Names, reader.Choice("scale", Names[0], Names));
        return function switch
        {
            ScaleFunction.Sigmoid => new ScaleSettings(function, Least: reader.Number("least", 1e-3)),
            ScaleFunction.Softplus => new ScaleSettings(function, Least: reader.Number("least", 1e-3), Cap: reader.OptionalNumber("cap") ?? double.PositiveInfinity),
            ScaleFunction.SoftClip => new ScaleSettings(function, Slope: reader.Number("slope", 1e-3)),
            ScaleFunction.ClampAtan or ScaleFunction.ClampTanh or ScaleFunction.ClampSigmoid or ScaleFunction.Tanh => new ScaleSettings(function, Clamp: reader.Number("clamp", 2)),
            _ => new ScaleSettings(function),
        };
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("scale", Names[(int)Function]);
        if (Function is ScaleFunction.Sigmoid or ScaleFunction.Softplus) json.WriteNumber("least", Least);
        if (Function is ScaleFunction.Softplus && double.IsFinite(Cap)) json.WriteNumber("cap", Cap);
        if (Function is ScaleFunction.SoftClip) json.WriteNumber("slope", Slope);
        if (HasClamp) json.WriteNumber("clamp", Clamp);
    }

    /// <summary>Records the scale and its logarithm. The scale is none where it is just the exponential of the logarithm.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="u">Raw numbers.</param>
    /// <param name="alpha">[1 x 1], of <see cref="ScaleFunction.LearnedTanh"/>.</param>
    /// <param name="beta">[1 x 1], of the same.</param>
    internal (Var Scale, Var LogScale) Record<T>(Tape<T> tape, Var u, Var alpha, Var beta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (Function)
        {
            case ScaleFunction.Exp:
                return (Var.None, u);
            case ScaleFunction.SoftClip:
                return (Var.None, tape.Divide(u, tape.AddConstant(tape.Abs(tape.Scale(u, 1 / Math.Log(Slope))), 1)));
            case ScaleFunction.ReciprocalSigmoid:
                return (Var.None, tape.Negate(tape.LogSigmoid(tape.AddConstant(u, 2))));
            case ScaleFunction.ClampAtan:
                return (Var.None, tape.Scale(tape.Atan(u), AtanFactor * Clamp));
            case ScaleFunction.ClampTanh:
                return (Var.None, tape.Scale(tape.Tanh(u), Clamp));
            case ScaleFunction.ClampSigmoid:
                // 2 s(u) - 1 without the cancellation.
                return (Var.None, tape.Scale(tape.Tanh(tape.Scale(u, 0.5)), Clamp));
            case ScaleFunction.Tanh:
                return (Var.None, tape.Scale(tape.Tanh(tape.Scale(u, 1 / Clamp)), Clamp));
            case ScaleFunction.LearnedTanh:
                return (Var.None, tape.Add(tape.Multiply(tape.Tanh(u), alpha), beta));
            case ScaleFunction.HalfSigmoid:
                Var half = tape.AddConstant(tape.Scale(tape.Sigmoid(tape.AddConstant(u, 2)), 0.5), 0.5);
                return (half, tape.Log(half));
            case ScaleFunction.Sigmoid when Least == 0:
                Var shifted = tape.AddConstant(u, 2);
                return (tape.Sigmoid(shifted), tape.LogSigmoid(shifted));
            case ScaleFunction.Sigmoid:
                Var bounded = tape.AddConstant(tape.Sigmoid(tape.AddConstant(u, 2)), Least);
                return (bounded, tape.Log(bounded));
            default:
                Var positive = tape.AddConstant(tape.Softplus(Capped(tape, u)), Least);
                return (positive, tape.Log(positive));
        }
    }

    /// <summary>Range and steepness of the scale for raw numbers up to <paramref name="reach"/> in size, which may be infinite.</summary>
    internal ScaleBounds Bounds(double reach, double alpha, double beta)
    {
        double a = LogScale(-reach, alpha, beta), b = LogScale(reach, alpha, beta);
        (double logSlope, double slope) = Function switch
        {
            ScaleFunction.Sigmoid => (1, 0.25),
            ScaleFunction.HalfSigmoid => (0.25, 0.125),
            ScaleFunction.Softplus => (1, 1),
            ScaleFunction.ClampAtan => (AtanFactor * Clamp, double.PositiveInfinity),
            ScaleFunction.ClampTanh => (Clamp, double.PositiveInfinity),
            ScaleFunction.ClampSigmoid => (Clamp / 2, double.PositiveInfinity),
            ScaleFunction.LearnedTanh => (Math.Abs(alpha), double.PositiveInfinity),
            _ => (1, double.PositiveInfinity),
        };
        return new ScaleBounds(Math.Min(a, b), Math.Max(a, b), logSlope, slope);
    }

    // Monotone in u for every function, and defined at the infinities.
    private double LogScale(double u, double alpha, double beta) => Function switch
    {
        ScaleFunction.Exp => u,
        ScaleFunction.Sigmoid => Math.Log((1 / (1 + Math.Exp(-u - 2))) + Least),
        ScaleFunction.HalfSigmoid => Math.Log(0.5 + (0.5 / (1 + Math.Exp(-u - 2)))),
        ScaleFunction.Softplus => Math.Log(Math.Min(Math.Max(u, 0) + Math.Log(1 + Math.Exp(-Math.Abs(u))) + Least, Cap)),
        ScaleFunction.SoftClip => double.IsInfinity(u) ? -Math.Sign(u) * Math.Log(Slope) : u / (1 + Math.Abs(u / Math.Log(Slope))),
        ScaleFunction.ReciprocalSigmoid => Math.Max(-u - 2, 0) + Math.Log(1 + Math.Exp(-Math.Abs(u + 2))),
        ScaleFunction.ClampAtan => AtanFactor * Clamp * Math.Atan(u),
        ScaleFunction.ClampTanh => Clamp * Math.Tanh(u),
        ScaleFunction.ClampSigmoid => Clamp * Math.Tanh(u / 2),
        ScaleFunction.Tanh => Clamp * Math.Tanh(u / Clamp),
        _ => (alpha * Math.Tanh(u)) + beta,
    };

    // min(u, where the cap is reached): the cap cuts the raw number, so that nothing is lost of small scales, and its gradient beyond is 0.
    private Var Capped<T>(Tape<T> tape, Var u) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (double.IsPositiveInfinity(Cap)) return u;
        double most = SoftplusInverse(Cap - Least);
        return tape.AddConstant(tape.Negate(tape.Relu(tape.AddConstant(tape.Negate(u), most))), most);
    }

    private static double SoftplusInverse(double y) => y > 30 ? y : Math.Log(Math.Exp(y) - 1);
}
