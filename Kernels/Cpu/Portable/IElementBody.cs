using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>One result for each element of up to four inputs, a number of the element's row, and what stood in the result's place: a body that any backend runs its own way.</summary>
public interface IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Inputs used, 1 to 4; the others are not read.</summary>
    static abstract int Inputs { get; }

    /// <summary>Whether a number for each row takes part.</summary>
    static abstract bool HasRow { get; }

    /// <summary>Settings in memory that take part, 0 to 5.</summary>
    static abstract int Settings { get; }

    /// <summary>The result.</summary>
    TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>;
}
