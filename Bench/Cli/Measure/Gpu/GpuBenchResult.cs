using NativeFlow.Cli.Compare;

namespace NativeFlow.Cli;

/// <summary>What 'bench gpu' measured.</summary>
/// <param name="Report">The rows.</param>
/// <param name="Curves">Step time against D at each batch size, a curve a strategy.</param>
internal sealed record GpuBenchResult(BenchReport Report, IReadOnlyList<(int Batch, IReadOnlyList<CostCurve> Curves)> Curves);
