using NativeFlow.Cli.Commands;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Theory;

/// <summary>What <c>nativeflow theory</c> found.</summary>
/// <param name="Choice">The data.</param>
/// <param name="Report">Theory of the data.</param>
/// <param name="Model">File of the flow; null for none.</param>
/// <param name="Flow">The flow beside it; null for none.</param>
internal sealed record TheoryRun(DataChoice Choice, LikelihoodReport Report, string? Model, TrainedFlowReport? Flow);
