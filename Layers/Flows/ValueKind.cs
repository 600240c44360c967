namespace NativeFlow.Layers;

/// <summary>What a log-determinant's value is. Ordered from strongest to weakest; a sum has the weakest kind of its parts.</summary>
public enum ValueKind
{
    /// <summary>The log-determinant, up to rounding.</summary>
    Exact,

    /// <summary>Random, with the log-determinant as its mean.</summary>
    Unbiased,

    /// <summary>A truncated series: off by a bounded amount.</summary>
    Truncated,

    /// <summary>Random, with a mean that is not above the log-determinant: the density it gives is a lower bound in the mean, as with variational dequantisation.</summary>
    Bound,

    /// <summary>No value at all: only gradients flow. Never a likelihood.</summary>
    None,
}
