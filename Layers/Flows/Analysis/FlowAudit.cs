namespace NativeFlow.Layers;

/// <summary>An audit of a flow's training strategies: every layer by itself, then all together.</summary>
/// <param name="Rows">Rows used.</param>
/// <param name="Dimension">Features.</param>
/// <param name="Layers">One entry a layer, from data to latent; fewer where the audit was stopped.</param>
/// <param name="Whole">All layers in training together; null where the audit was stopped before.</param>
/// <param name="Findings">What concerns the audit itself, such as rows left out.</param>
public sealed record FlowAudit(int Rows, int Dimension, IReadOnlyList<LayerAudit> Layers, LayerAudit? Whole, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Whether anything is not what it declares to be.</summary>
    public bool Failed => Layers.Any(l => l.Failed) || Whole is { Failed: true };

    /// <summary>Whether the audit came to its end.</summary>
    public bool IsComplete => Whole is not null;
}
