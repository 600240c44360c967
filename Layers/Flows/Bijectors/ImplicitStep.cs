using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The step that ends an iterative inverse: Newton's in value, the implicit function's derivative in gradient.</summary>
internal static class ImplicitStep
{
    /// <summary>Records x0 - A^-1 (f(x0) - z) with x0 and A = df/dx at x0 constant. D backward passes of the map, one LU a sample.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x0">Near the solution, a constant [rows x D].</param>
    /// <param name="map">Recorded at x0: f itself, or g where f(x) = x + g(x).</param>
    /// <param name="z">What f must give.</param>
    /// <param name="plusIdentity">Whether <paramref name="map"/> is g.</param>
    public static Var Record<T>(Tape<T> tape, Var x0, Var map, Var z, bool plusIdentity) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var error = tape.Subtract(plusIdentity ? tape.Add(map, x0) : map, z);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        Var a;
        try
        {
            a = ExactJacobian.Record(tape, map, x0, ExactJacobian.Basis(tape, x0.Rows, x0.Cols));
            if (plusIdentity) a = ExactJacobian.IdentityPlus(tape, a);
        }
        finally
        {
            tape.RecordsGradients = recorded;
        }
        return tape.Subtract(x0, tape.BatchedSolve(a.Detach(), error));
    }
}
