namespace NativeFlow.Engine;

/// <summary>How <see cref="ActNormOp{T}"/> reads its scale s and shift t.</summary>
[Flags]
public enum AffineForm
{
    /// <summary>z = e^s x + t.</summary>
    ScaleFirst = 0,

    /// <summary>z = (x - t) e^-s: the inverse of <see cref="ScaleFirst"/> with the same numbers.</summary>
    CenterFirst = 1,

    /// <summary>With either of the others: s itself in place of e^s; it may be negative, not 0.</summary>
    PlainScale = 2,
}
