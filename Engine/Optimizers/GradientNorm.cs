namespace NativeFlow.Engine;

/// <summary>How the length of the gradient is measured.</summary>
public enum GradientNorm
{
    /// <summary>Root of the sum of squares.</summary>
    Two,

    /// <summary>Largest absolute value.</summary>
    Infinity,
}
