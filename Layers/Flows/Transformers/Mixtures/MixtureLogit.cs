using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>log F - log(1 - F) of a mixture: increasing, from the line onto the line.</summary>
internal readonly struct MixtureLogit<T>(MixtureCdf mixture) : IMonotoneMap<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
    {
        (Var below, Var above, Var density) = mixture.Record(tape, x);
        return (tape.Subtract(below, above), tape.Subtract(tape.Subtract(density, below), above));
    }
}
