namespace NativeFlow.Kernels.Gpu;

/// <summary>What an elementwise kernel makes of its two operands.</summary>
public interface ISpreadRule<TLane>
{
    /// <summary>Whether the result is added to what is there.</summary>
    static abstract bool Adds { get; }

    /// <summary>The result; y is what is there, or 0.</summary>
    static abstract TLane Of(TLane a, TLane b, TLane scale, TLane y);
}
