namespace NativeFlow.Cli;

/// <summary>All cases of one layer.</summary>
/// <param name="Layer">Name.</param>
/// <param name="Cases">Number of files.</param>
/// <param name="Results">One result a file and backend.</param>
public sealed record LayerReport(string Layer, int Cases, IReadOnlyList<CaseResult> Results)
{
    /// <summary>Whether every case passes.</summary>
    public bool Ok => Results.All(r => r.Ok);

    /// <summary>Files that fail on any backend.</summary>
    public int Failed => Results.Where(r => !r.Ok).Select(r => r.Path).Distinct().Count();

    /// <summary>Largest relative error among the judged tensors; NaN if there is one.</summary>
    public double WorstError
    {
        get
        {
            double worst = 0;
            foreach (TensorResult t in Results.SelectMany(r => r.Tensors).Where(t => t.Judged))
            {
                if (double.IsNaN(t.Error)) return t.Error;
                worst = Math.Max(worst, t.Error);
            }
            return worst;
        }
    }

    /// <summary>The result to name: a failed one first, then the one nearest to its bound.</summary>
    public CaseResult Worst => Results.OrderBy(r => r.Ok).ThenByDescending(r => r.Worst.Share).First();

    /// <summary>Tensors that single precision cannot judge.</summary>
    public int NotJudged => Results.Sum(r => r.NotJudged);
}

/// <summary>What a verification found. Counts are in cases (files).</summary>
/// <param name="Dtype">float or double.</param>
/// <param name="Backends">Backends by name.</param>
/// <param name="Layers">Known layers, by name.</param>
/// <param name="Unknown">Unknown layers and how many cases each has, by name.</param>
public sealed record VerifyReport(string Dtype, IReadOnlyList<string> Backends, IReadOnlyList<LayerReport> Layers, IReadOnlyList<(string Layer, int Cases)> Unknown)
{
    /// <summary>Cases that fail.</summary>
    public int Failed => Layers.Sum(l => l.Failed);

    /// <summary>Cases that pass.</summary>
    public int Passed => Layers.Sum(l => l.Cases) - Failed;

    /// <summary>Cases of unknown layers: neither passed nor failed.</summary>
    public int UnknownCases => Unknown.Sum(u => u.Cases);
}
