namespace NativeFlow.Cli;

/// <summary>How a row stands to its goals.</summary>
internal enum Verdict
{
    /// <summary>No goal, or none that could be judged.</summary>
    None,

    /// <summary>All goals are met.</summary>
    Met,

    /// <summary>Those that could be judged are met; for others a peer is missing.</summary>
    Part,

    /// <summary>One is missed.</summary>
    Missed,
}
