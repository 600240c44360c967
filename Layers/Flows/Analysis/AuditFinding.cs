namespace NativeFlow.Layers;

/// <summary>What an audit says beside its numbers.</summary>
/// <param name="Level">How much it weighs.</param>
/// <param name="Text">One sentence with its numbers.</param>
public sealed record AuditFinding(AuditLevel Level, string Text);
