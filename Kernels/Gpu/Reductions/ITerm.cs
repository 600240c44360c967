namespace NativeFlow.Kernels.Gpu;

/// <summary>What a reduction goes over.</summary>
public interface ITerm<TLane>
{
    /// <summary>What leaves the other side of a join as it is.</summary>
    static abstract TLane Neutral { get; }

    /// <summary>Term <paramref name="i"/> joined to a running result.</summary>
    TLane Join(TLane running, int i);

    /// <summary>Two running results joined.</summary>
    static abstract TLane Join(TLane a, TLane b);
}
