namespace NativeFlow.Kernels;

/// <summary>The columns of a register tile, as a type, so that code can be compiled for them.</summary>
internal interface ITileWidth
{
    /// <summary>Two vectors a row instead of one.</summary>
    static abstract bool Two { get; }

    /// <summary>Only the first columns of the last vector belong to the matrix; the others are neither read nor written.</summary>
    static abstract bool Masked { get; }

    /// <summary>B is stored, packed, for the tiles below this one.</summary>
    static abstract bool Keeps { get; }
}

internal readonly struct OneVector : ITileWidth
{
    public static bool Two => false;

    public static bool Masked => true;

    public static bool Keeps => false;
}

internal readonly struct TwoVectors : ITileWidth
{
    public static bool Two => true;

    public static bool Masked => false;

    public static bool Keeps => false;
}

internal readonly struct TwoVectorsMasked : ITileWidth
{
    public static bool Two => true;

    public static bool Masked => true;

    public static bool Keeps => false;
}

internal readonly struct TwoVectorsKept : ITileWidth
{
    public static bool Two => true;

    public static bool Masked => false;

    public static bool Keeps => true;
}
