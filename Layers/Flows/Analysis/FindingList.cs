namespace NativeFlow.Layers;

/// <summary>Findings as they are made; numbers in them are written the same in every culture.</summary>
internal sealed class FindingList
{
    public List<AuditFinding> All { get; } = [];

    public bool HasFailure => All.Exists(f => f.Level == AuditLevel.Failure);

    public void Fail(FormattableString text) => All.Add(new AuditFinding(AuditLevel.Failure, FormattableString.Invariant(text)));

    public void Warn(FormattableString text) => All.Add(new AuditFinding(AuditLevel.Warning, FormattableString.Invariant(text)));

    public void Note(FormattableString text) => All.Add(new AuditFinding(AuditLevel.Note, FormattableString.Invariant(text)));
}
