using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Where a spline lives: [-B, B] with the identity outside, or [0, 1] and nothing outside.</summary>
/// <param name="Tails">Whether there is an outside.</param>
/// <param name="Bound">B.</param>
internal readonly record struct SplineBox(bool Tails, double Bound)
{
    public double Low => Tails ? -Bound : 0;

    public double High => Tails ? Bound : 1;

    public void Check()
    {
        if (!(Bound > 0) || !double.IsFinite(Bound)) throw new ArgumentException($"tail_bound is {Bound}; it must be positive and finite.");
    }

    /// <summary>The part of x inside the box; refuses x outside when there is none.</summary>
    public Var Enter<T>(Tape<T> tape, string kind, Var x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Tails) return tape.Clamp(x, Low, High);
        tape.RequireBetween(x, Low, High, kind, "scale its input, or choose tails", closed: true);
        return x;
    }

    /// <summary>The map's value inside, x outside; log of the slope alike. Nothing leaks from the side that is not taken: both are finite, and constants choose.</summary>
    public (Var Z, Var LogSlope) Leave<T>(Tape<T> tape, Var x, Var z, Var logSlope) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // A last digit beyond the box would be taken for outside by the way back.
        z = Choose.Hold(tape, z, Low, High);
        if (!Tails) return (z, logSlope);
        Var inside = tape.Inside(x, Low, High);
        return (Choose.Of(tape, inside, z, x), tape.Multiply(logSlope, inside));
    }

    public void WriteConfig(Utf8JsonWriter json, string tails)
    {
        json.WriteString("tails", tails);
        json.WriteNumber("tail_bound", Bound);
    }
}
