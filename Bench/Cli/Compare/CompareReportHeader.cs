namespace NativeFlow.Cli.Compare;

/// <summary>What a comparison was asked to do and where it ran: the report's head. Holds no paths.</summary>
internal sealed record CompareReportHeader
{
    public required string Title { get; init; }

    /// <summary>The model that every strategy trains, in one line.</summary>
    public required string Model { get; init; }

    /// <summary>What a run may spend, such as <c>300 s</c> or <c>2000 steps</c>.</summary>
    public required string Budget { get; init; }

    /// <summary>Processor, cores, threads used, system.</summary>
    public required string Machine { get; init; }

    /// <summary>Versions of NativeFlow and of the runtime.</summary>
    public required string Versions { get; init; }

    /// <summary>The strategy that the others are measured against; null for the first whose name begins with <c>exact</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>The NLL, in nats, whose time of arrival is compared; null to take, for each data set and dimension, the (upper) median over the strategies of the lowest validation NLL.</summary>
    public double? TargetNll { get; init; }

    /// <summary>More lines of the configuration.</summary>
    public IReadOnlyList<(string Name, string Value)> More { get; init; } = [];
}
