using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>A kernel for the CPU backends: reads and writes the spans in its arguments, allocates nothing.</summary>
public delegate void CpuKernel<T>(in CpuArgs<T> args) where T : unmanaged, IFloatingPointIeee754<T>;
