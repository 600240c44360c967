using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What stands between the layers of a network.</summary>
public enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>x for x > 0, e^x - 1 otherwise.</summary>
    Elu,

    /// <summary>log(1 + e^x).</summary>
    Softplus,

    /// <summary>x for x > 0, x / 100 otherwise.</summary>
    LeakyRelu,

    /// <summary>x s(x).</summary>
    Silu,

    /// <summary>s(x) = 1/(1 + e^-x).</summary>
    Sigmoid,
}

/// <summary>Names and recording of activations.</summary>
public static class Activations
{
    private static readonly string[] s_names = ["relu", "tanh", "elu", "softplus", "leaky-relu", "silu", "sigmoid"];

    /// <summary>Recipe names, in the order of <see cref="Activation"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    internal static Activation Read(ConfigReader reader, Activation otherwise)
        => (Activation)Array.IndexOf(s_names, reader.Choice("activation", s_names[(int)otherwise], s_names));

    /// <summary>Largest |slope|.</summary>
    internal static double Steepest(Activation activation) => activation switch
    {
        Activation.Silu => 1.1,
        Activation.Sigmoid => 0.25,
        _ => 1,
    };

    /// <summary>Largest |value| for |x| up to <paramref name="bound"/>.</summary>
    internal static double Reach(Activation activation, double bound) => activation switch
    {
        Activation.Sigmoid => 1,
        Activation.Tanh => Math.Min(1, bound),
        Activation.Softplus => bound + Math.Log(2),
        _ => bound,
    };

    /// <summary>Records the activation of every element.</summary>
    public static Var Activate<T>(this Tape<T> tape, Activation activation, Var x) where T : unmanaged, IFloatingPointIeee754<T> => activation switch
    {
        Activation.Relu => tape.Relu(x),
        Activation.Tanh => tape.Tanh(x),
        Activation.Elu => tape.Elu(x),
        Activation.Softplus => tape.Softplus(x),
        Activation.LeakyRelu => tape.LeakyRelu(x),
        Activation.Silu => tape.Multiply(x, tape.Sigmoid(x)),
        Activation.Sigmoid => tape.Sigmoid(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "There is no such activation."),
    };
}
