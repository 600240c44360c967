namespace NativeFlow.Kernels.Gpu;

/// <summary>Four neighbouring elements: what one vector load brings.</summary>
/// <param name="X0">First.</param>
/// <param name="X1">Second.</param>
/// <param name="X2">Third.</param>
/// <param name="X3">Fourth.</param>
public readonly record struct Quad<T>(T X0, T X1, T X2, T X3) where T : unmanaged;
