namespace NativeFlow.Kernels;

/// <summary>Numbers in memory that are the same for all elements.</summary>
/// <param name="S0">First.</param>
/// <param name="S1">Second.</param>
/// <param name="S2">Third.</param>
/// <param name="S3">Fourth.</param>
/// <param name="S4">Fifth.</param>
public readonly record struct BodySettings<T>(T S0, T S1, T S2, T S3, T S4)
    where T : unmanaged;
