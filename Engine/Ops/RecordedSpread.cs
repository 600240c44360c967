using System.Numerics;

namespace NativeFlow.Engine;

internal static class RecordedSpread
{
    /// <summary>Records v summed over what a second operand was spread over.</summary>
    public static Var Sum<T>(Tape<T> tape, Broadcast broadcast, Var v) where T : unmanaged, IFloatingPointIeee754<T> => broadcast switch
    {
        Broadcast.Row => tape.SumRows(v),
        Broadcast.Column => tape.SumColumns(v),
        Broadcast.Scalar => tape.Sum(v),
        _ => v,
    };
}
