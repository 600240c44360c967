namespace NativeFlow.Cli;

/// <summary>What a goal bounds.</summary>
internal enum GoalKind
{
    /// <summary>Share of the limit, at least.</summary>
    OfLimit,

    /// <summary>Peer's time over ours, at least, for the best of the peers named.</summary>
    OverPeer,

    /// <summary>Nanoseconds an element at <see cref="BenchRow.GoalGHz"/>, at most.</summary>
    Nanoseconds,

    /// <summary>Time over the floor, at most.</summary>
    OverFloor,
}

/// <summary>One bound.</summary>
/// <param name="Kind">What is bounded.</param>
/// <param name="Bound">By how much.</param>
/// <param name="Peers">Peers it speaks of; empty for all.</param>
internal sealed record Goal(GoalKind Kind, double Bound, params IReadOnlyList<string> Peers)
{
    /// <summary>The measured value, or null when what it needs was not measured.</summary>
    public double? Value(BenchRow row) => Kind switch
    {
        GoalKind.OfLimit => row.Ours.OfLimit?.Median,
        GoalKind.OverFloor => row.Ours.OfLimit is { } share ? 1 / share.Median : null,
        GoalKind.Nanoseconds => row.NanosecondsAtGoalClock,
        _ => row.BestPeer(Peers.Count == 0 ? null : Peers)?.OursIsFaster.Median,
    };

    /// <summary>Whether it is met; null when it cannot be judged.</summary>
    public bool? Met(BenchRow row) => Value(row) is not { } value ? null : Kind is GoalKind.OfLimit or GoalKind.OverPeer ? value >= Bound : value <= Bound;
}

/// <summary>The goals, in one place. They are stated for one thread; floats unless doubles are named.</summary>
internal static class Goals
{
    private static readonly string[] OpenBlasForced = [PeerNames.OpenBlasWide];

    public static IReadOnlyList<Goal> For(BenchKey key) => key.Suite switch
    {
        "gemm" when key.Threads > 1 => (double)key.M * key.N * key.K >= 256.0 * 256 * 256 ? [new(GoalKind.OverPeer, 1.85)] : [],
        "gemm" when key.M == key.N && key.N == key.K => Square(key.Type, key.N),
        "gemm" when key.Type == "float" => FlowShape(key.Kernel, key.N),
        // From L2 on: below, the matrix lies in L1.
        "gemv" when key.N >= 128 => [new(GoalKind.OfLimit, 0.85), new(GoalKind.OverPeer, 1.0)],
        "factor" when key.Type == "float" => Factor(key.Kernel, key.N),
        "elementwise" when key.Type == "float" => Elementwise(key.Kernel),
        "spline" when key.Type == "float" => [new(GoalKind.Nanoseconds, 8), new(GoalKind.OverPeer, 10)],
        "gpu-gemm" when key is { Kernel: "NN", M: 4096, N: 4096, K: 4096 } => [new(GoalKind.OfLimit, 0.60), new(GoalKind.OverPeer, 0.85, PeerNames.Torch)],
        // A learned inverse may at most be 1.3 times as fast as the exact gradient, a dense factorisation must be 1.75 times as slow (the paper's own ratio).
        "conv" when key.Kernel == "step" && key.Threads == 1 => [new(GoalKind.OverPeer, 1 / 1.3, "snf-published"), new(GoalKind.OverPeer, 1.75, "exact-lu")],
        "step" when key.Kernel == "snf-reconstruction" && key.Threads == 1 => Step(key.N),
        _ => [],
    };

    private static Goal[] Square(string type, int n) => n switch
    {
        >= 256 and <= 2048 => [new(GoalKind.OfLimit, 0.90), new(GoalKind.OverPeer, 1.0)],
        >= 64 and <= 192 when type == "float" => [new(GoalKind.OfLimit, 0.92), new(GoalKind.OverPeer, 1.0, OpenBlasForced)],
        32 when type == "float" => [new(GoalKind.OfLimit, 0.85), new(GoalKind.OverPeer, 1.0, OpenBlasForced)],
        16 when type == "float" => [new(GoalKind.OfLimit, 0.55), new(GoalKind.OverPeer, 1.0, OpenBlasForced)],
        _ => [],
    };

    private static Goal[] FlowShape(string form, int d)
    {
        if (d < 196) return [];
        bool wide = d >= 3072;
        double? peer = form switch
        {
            "NT" => 1.1,
            "NN" => wide ? 1.0 : 1.03,
            "TN" => wide ? 1.05 : 1.0,
            _ => null,
        };
        return peer is { } bound ? [new(GoalKind.OfLimit, wide ? 0.80 : 0.90), new(GoalKind.OverPeer, bound)] : [];
    }

    private static Goal[] Factor(string kernel, int n) => (kernel, n) switch
    {
        ("LU", 64) => [new(GoalKind.OfLimit, 0.08), new(GoalKind.OverPeer, 1.3)],
        ("LU", 196) => [new(GoalKind.OfLimit, 0.25), new(GoalKind.OverPeer, 1.3)],
        ("LU", 392) => [new(GoalKind.OfLimit, 0.45), new(GoalKind.OverPeer, 1.3)],
        ("LU", 784) => [new(GoalKind.OfLimit, 0.62), new(GoalKind.OverPeer, 1.3)],
        ("LU", 1568) => [new(GoalKind.OfLimit, 0.72), new(GoalKind.OverPeer, 1.3)],
        ("inverse", 784) => [new(GoalKind.OfLimit, 0.50), new(GoalKind.OverPeer, 1.5)],
        ("solve", 784) => [new(GoalKind.OfLimit, 0.60), new(GoalKind.OverPeer, 1.5)],
        _ => [],
    };

    private static Goal[] Elementwise(string function) => function switch
    {
        "exp" => [new(GoalKind.Nanoseconds, 0.13), new(GoalKind.OverPeer, 1.8)],
        "sigmoid" => [new(GoalKind.Nanoseconds, 0.17), new(GoalKind.OverPeer, 1.8)],
        "tanh" => [new(GoalKind.Nanoseconds, 0.28), new(GoalKind.OverPeer, 1.4)],
        "log" => [new(GoalKind.Nanoseconds, 0.22), new(GoalKind.OverPeer, 1.0)],
        "softplus" => [new(GoalKind.Nanoseconds, 0.30)],
        _ => [],
    };

    private static Goal[] Step(int d) =>
    [
        .. d >= 196 ? (Goal[])[new(GoalKind.OverFloor, 1.25)] : [],
        .. d >= 64 ? (Goal[])[new(GoalKind.OverPeer, 3, PeerNames.Torch), new(GoalKind.OverPeer, 2.5, PeerNames.TorchWide)] : [],
    ];
}
