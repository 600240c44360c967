namespace NativeFlow.Cli;

/// <summary>One case on one backend.</summary>
/// <param name="Path">File.</param>
/// <param name="Case">Name of the case.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Backend">Backend it ran on.</param>
/// <param name="Tensors">Every comparison.</param>
/// <param name="Reason">Why it fails whatever the comparisons say; null when nothing went wrong.</param>
public sealed record CaseResult(string Path, string Case, string Layer, string Backend, IReadOnlyList<TensorResult> Tensors, string? Reason)
{
    /// <summary>A case without a single judged comparison does not pass.</summary>
    public bool Ok => Reason is null && Tensors.Any(t => t.Judged) && Tensors.All(t => t.Ok);

    /// <summary>The tensor that used the largest share of its allowed error.</summary>
    public TensorResult Worst => Tensors.Count == 0 ? new TensorResult("none", 0, 0) : Tensors.MaxBy(t => t.Share);

    /// <summary>Names of the tensors that are off.</summary>
    public IEnumerable<string> Off => Tensors.Where(t => !t.Ok).Select(t => t.Tensor).Distinct();

    /// <summary>Tensors beyond the plain bound of single precision, allowed or not: the worst first.</summary>
    public IReadOnlyList<TensorResult> AbovePlain => [.. Tensors.Where(t => t.AbovePlain).OrderByDescending(t => double.IsNaN(t.Plain) ? double.PositiveInfinity : t.Plain)];

    /// <summary>Tensors that single precision cannot judge.</summary>
    public int NotJudged => Tensors.Count(t => !t.Judged);

    /// <summary>What failed, in a few words.</summary>
    public string Explain() => Reason
        ?? (Tensors.Any(t => t.Judged) ? $"{Worst.Tensor} is off by {Worst.Error:0.0e+0}, allowed {Worst.Allowed:0.0e+0}" : "nothing could be judged");
}
