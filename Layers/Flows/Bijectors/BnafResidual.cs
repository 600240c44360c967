namespace NativeFlow.Layers;

/// <summary>How a <see cref="Bnaf{T}"/> adds its network f to its input.</summary>
public enum BnafResidual
{
    /// <summary>z = s(gate) f(x) + (1 - s(gate)) x.</summary>
    Gated,

    /// <summary>z = x + f(x).</summary>
    Normal,

    /// <summary>z = f(x): a bounded range, so that the density of a flow that ends in it does not integrate to 1, and most z have no inverse.</summary>
    None,
}
