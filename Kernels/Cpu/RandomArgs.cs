namespace NativeFlow.Kernels;

/// <summary>Kinds of random numbers a backend fills memory with.</summary>
public enum RandomKind
{
    /// <summary>Uniform in [0, 1).</summary>
    Uniform,

    /// <summary>Standard normal.</summary>
    Gaussian,

    /// <summary>+1 or -1 with equal probability.</summary>
    Rademacher,
}

/// <summary>One fill with counter-based random numbers: element i is a function of (key, stream, first + i) alone.</summary>
/// <param name="Kind">Distribution.</param>
/// <param name="Destination">Memory to fill.</param>
/// <param name="Key">Seed.</param>
/// <param name="Stream">Which of 2^64 independent streams of the key.</param>
/// <param name="First">Index in the stream of the first element written.</param>
public readonly record struct RandomArgs(RandomKind Kind, Slice Destination, ulong Key, ulong Stream, ulong First = 0);
