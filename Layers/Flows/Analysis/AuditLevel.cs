namespace NativeFlow.Layers;

/// <summary>How much a finding of an audit weighs.</summary>
public enum AuditLevel
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>The numbers may mislead, or training may suffer.</summary>
    Warning,

    /// <summary>Something is not what it declares to be.</summary>
    Failure,
}
