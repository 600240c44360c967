namespace NativeFlow.Cli;

/// <summary>What a run of <c>bench</c> was asked for, and the peers it found.</summary>
internal sealed record BenchSettings
{
    public required IReadOnlyList<string> Suites { get; init; }

    public required IReadOnlyList<string> Types { get; init; }

    public required IReadOnlyList<string> Strategies { get; init; }

    /// <summary>Empty for the suites' own.</summary>
    public required IReadOnlyList<int> Sizes { get; init; }

    public required string? Only { get; init; }

    public required int Threads { get; init; }

    public required bool Quick { get; init; }

    /// <summary>Without the table of the machine's limits.</summary>
    public bool RowsOnly { get; init; }

    public IReadOnlyList<BlasPeer> Blas { get; init; } = [];

    public IReadOnlyList<TorchPeer> Torch { get; init; } = [];

    public bool TensorPrimitives { get; init; }

    public IReadOnlyList<int> SizesOr(IReadOnlyList<int> full, IReadOnlyList<int> quick) => Sizes.Count > 0 ? Sizes : Quick ? quick : full;
}
