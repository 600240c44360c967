namespace NativeFlow.Cli;

/// <summary>A row to come: named before its memory is taken.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Make">Takes the memory and makes the contenders.</param>
internal sealed record BenchPlan(BenchKey Key, Func<BenchCase> Make);
