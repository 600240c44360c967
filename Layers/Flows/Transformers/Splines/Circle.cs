using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Angles in radians.</summary>
internal static class Circle
{
    /// <summary>The angle in [-pi, pi] that differs from v by whole turns; derivatives pass as they are.</summary>
    public static Var Wrap<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var turns = StraightThroughRoundOp<T>.Record(tape, tape.AddConstant(tape.Scale(v.Detach(), 1 / Math.Tau), 0.5), down: true);
        // Rounding may leave the last digit outside.
        return Choose.Hold(tape, tape.Subtract(v, tape.Scale(turns, Math.Tau).Detach()), -Math.PI, Math.PI);
    }
}
