using System.Numerics;

namespace NativeFlow.Cli;

/// <summary>How the project computes the tensors of one fixture layer.</summary>
/// <param name="Inputs">Tensors that the check reads: inputs, parameters, constants and cotangents. It can read no others, and every stored tensor that is not among them must be compared.</param>
/// <param name="Run">Computes and compares.</param>
internal sealed record FixtureCheck<T>(string[] Inputs, Action<CaseRun<T>> Run) where T : unmanaged, IFloatingPointIeee754<T>;
