namespace NativeFlow.Cli;

/// <summary>What a row measures.</summary>
/// <param name="Suite">gemm, gemv, factor, elementwise, spline, step, flows, conv, gpu-gemm or gpu-step.</param>
/// <param name="Kernel">The form, function or strategy.</param>
/// <param name="Type">float or double.</param>
/// <param name="Size">As shown.</param>
/// <param name="M">Rows of the result, batch, or length.</param>
/// <param name="N">Columns of the result, order, width.</param>
/// <param name="K">Inner extent, or right-hand sides; 0 where there is none.</param>
/// <param name="Threads">Threads of ours.</param>
internal sealed record BenchKey(string Suite, string Kernel, string Type, string Size, int M, int N, int K, int Threads = 1)
{
    /// <summary>Name in lists, progress and <c>--only</c>.</summary>
    public string Label => $"{Suite} {Kernel} {Size} {Type}";
}
