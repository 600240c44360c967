namespace NativeFlow.Kernels.Gpu;

/// <summary>What a reduction over columns sums: one number an element, or two.</summary>
public interface IColumnTerm<TLane>
{
    /// <summary>Whether there is a second sum.</summary>
    static abstract bool HasSecond { get; }

    /// <summary>Adds element <paramref name="i"/> to the running sums.</summary>
    void Add(int i, ref TLane first, ref TLane second);
}
