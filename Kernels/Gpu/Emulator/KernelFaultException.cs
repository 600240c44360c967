namespace NativeFlow.Kernels.Gpu;

/// <summary>A kernel did what no kernel may: read or wrote outside a view, raced, left an output unwritten, or its items came to different barriers.</summary>
/// <param name="message">Which kernel, which group and item, and what.</param>
public sealed class KernelFaultException(string message) : Exception(message);
