namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Numbers kernel types from 0 on, so that a device finds a launcher without a search.</summary>
internal static class KernelNumber
{
    private static int _last = -1;

    /// <summary>The number of <typeparamref name="TKernel"/>.</summary>
    public static int Of<TKernel>() => Number<TKernel>.Value;

    private static class Number<TKernel>
    {
        public static readonly int Value = Interlocked.Increment(ref _last);
    }
}
