namespace NativeFlow.Engine;

/// <summary>Shape of a learning rate over the steps after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>The base rate throughout.</summary>
    Constant,

    /// <summary>Half a cosine from the base rate to its final fraction.</summary>
    Cosine,

    /// <summary>Times gamma after each so many steps.</summary>
    Step,
}
