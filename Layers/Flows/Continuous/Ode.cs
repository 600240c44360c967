using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Records a solve with any solver.</summary>
internal static class Ode<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>x at the end and the integrals of the quantities, from <paramref name="start"/> to <paramref name="end"/>, which may lie before it.</summary>
    public static (Var X, Var Q, OdeReport Report) Record(Tape<T> tape, in OdeField<T> field, in OdeSolver solver, Var x, double start, double end)
        => solver.IsAdaptive ? AdaptiveSteps<T>.Record(tape, field, solver, x, start, end) : FixedSteps<T>.Record(tape, field, solver, x, start, end);
}
