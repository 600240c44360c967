using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>An increasing function of one number on every element, as <see cref="RootInverse"/> needs it. A struct that holds handles of parameters, so that nothing is allocated.</summary>
public interface IMonotoneMap<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Records z = f(x) and log f'(x), both shaped like x.</summary>
    (Var Z, Var LogSlope) Record(Tape<T> tape, Var x);
}
