namespace NativeFlow.Kernels.Gpu;

/// <summary>What an item carries from memory to shared memory in one step.</summary>
/// <param name="X0">First quad.</param>
/// <param name="X1">Second quad, where an item has two.</param>
public readonly record struct GemmPair<T>(Quad<T> X0, Quad<T> X1) where T : unmanaged;
