using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>One or two results for each element of a matrix, and a term of its row's sum: a body that any backend runs its own way.</summary>
public interface IRowBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether there is a second result.</summary>
    static abstract bool HasSecond { get; }

    /// <summary>Settings in memory that take part, 0 to 5.</summary>
    static abstract int Settings { get; }

    /// <summary>The results, and what they add to their row's sum.</summary>
    TLane At<TLane>(TLane x, in BodySettings<T> settings, out TLane y, out TLane second) where TLane : struct, ILane<TLane, T>;
}
