using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Choice by a constant of 1 and 0.</summary>
internal static class Choose
{
    /// <summary>a where mask is 1, b where it is 0; both finite.</summary>
    public static Var Of<T>(Tape<T> tape, Var mask, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Add(tape.Multiply(a, mask), tape.Multiply(b, tape.AddConstant(tape.Scale(mask, -1), 1).Detach()));

    /// <summary>v with its value held in [low, high] against rounding; derivatives pass as they are.</summary>
    public static Var Hold<T>(Tape<T> tape, Var v, double low, double high) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Add(v, tape.Subtract(tape.Clamp(v.Detach(), low, high), v.Detach()).Detach());

    /// <summary>The smaller of two, element by element.</summary>
    public static Var Least<T>(Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T>
        => Of(tape, tape.Inside(tape.Subtract(a.Detach(), b.Detach()), double.NegativeInfinity, 0), a, b);
}
