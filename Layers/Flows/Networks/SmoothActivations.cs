using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Names and recording of <see cref="SmoothActivation"/>.</summary>
public static class SmoothActivations
{
    private static readonly string[] s_names = ["elu", "lipswish", "silu", "sin", "softplus", "tanh"];

    /// <summary>Recipe names, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names => s_names;

    internal static SmoothActivation Read(ConfigReader reader, SmoothActivation otherwise)
        => (SmoothActivation)Array.IndexOf(s_names, reader.Choice("activation", s_names[(int)otherwise], s_names));

    /// <summary>Records the activation of every element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="activation">Which.</param>
    /// <param name="x">Argument.</param>
    /// <param name="b">Parameter b [1 x 1] of <see cref="SmoothActivation.LipSwish"/>; <see cref="Var.None"/> for the others.</param>
    public static Var Activate<T>(this Tape<T> tape, SmoothActivation activation, Var x, Var b) where T : unmanaged, IFloatingPointIeee754<T> => activation switch
    {
        SmoothActivation.Elu => tape.Elu(x),
        SmoothActivation.LipSwish => tape.Scale(tape.Multiply(x, tape.Sigmoid(tape.Multiply(x, tape.Softplus(b)))), 1 / 1.1),
        SmoothActivation.Silu => tape.Multiply(x, tape.Sigmoid(x)),
        SmoothActivation.Sin => tape.Sin(x),
        SmoothActivation.Softplus => tape.Softplus(x),
        SmoothActivation.Tanh => tape.Tanh(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "There is no such activation."),
    };
}
