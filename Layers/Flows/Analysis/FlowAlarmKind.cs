namespace NativeFlow.Layers;

/// <summary>What a <see cref="FlowMonitor{T}"/> warns of.</summary>
public enum FlowAlarmKind
{
    /// <summary>The condition number times the rounding unit is large: inverse and density lose their digits.</summary>
    Conditioning,

    /// <summary>The way there and back misses the start.</summary>
    RoundTrip,

    /// <summary>The log-determinant jumped between two looks.</summary>
    LogDetJump,

    /// <summary>Numbers that are not finite.</summary>
    NonFinite,

    /// <summary>A layer refused its input, or its matrix is singular.</summary>
    Failure,
}
