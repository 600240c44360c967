namespace NativeFlow.Layers;

/// <summary>One layer, or a whole flow, held against its exact self.</summary>
/// <param name="Name">Scope of the layer, such as <c>layers.2</c>; <c>flow</c> for all together.</param>
/// <param name="Kind">Kind of the layer.</param>
/// <param name="Strategy">Name of its strategy or estimator; empty without.</param>
/// <param name="Draws">Draws made.</param>
/// <param name="Varies">Whether any two draws differ.</param>
/// <param name="MapDifference">Largest difference of the output in training from that in evaluation, over max(1, largest output).</param>
/// <param name="Value">The log-determinant's value.</param>
/// <param name="Parameters">Gradient of the parameters; null where the exact one has none.</param>
/// <param name="Input">Gradient of the input; null where the exact one is 0.</param>
/// <param name="Sites">Gradients of the matrices and kernels that a strategy looks after, one each; those of layers inside it too.</param>
/// <param name="Cost">Times, nodes, bytes.</param>
/// <param name="Findings">What is to be said of it.</param>
public sealed record LayerAudit(
    string Name, string Kind, string Strategy, int Draws, bool Varies, double MapDifference,
    ValueAudit Value, GradientAudit? Parameters, GradientAudit? Input, IReadOnlyList<GradientAudit> Sites, CostAudit Cost, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Gradient kind declared in training.</summary>
    public GradientKind GradientKind { get; init; }

    /// <summary>Whether something is not what it declares to be.</summary>
    public bool Failed => Findings.Any(f => f.Level == AuditLevel.Failure);

    /// <summary>Whether it has nothing of its own in training: no strategy, exact value and gradient, nothing to say.</summary>
    public bool IsPlain => Strategy.Length == 0 && Value.Kind == ValueKind.Exact && GradientKind == GradientKind.Exact && Findings.Count == 0;
}
