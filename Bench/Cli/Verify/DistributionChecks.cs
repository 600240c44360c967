using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group distributions: log-density, and its gradients for the input and every parameter.</summary>
internal static class DistributionChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("cauchy", LocationScale<T>(d => new Cauchy<T>(d)));
        table.Add("diagonal_gaussian_mixture", new FixtureCheck<T>(["x", "loc", "log_scale", "weight_scores", "ct.log_prob"], DiagonalMixture));
        table.Add("diagonal_normal", new FixtureCheck<T>(["x", "mean", "log_std", "ct.log_prob"], run => Compare(run, new DiagonalNormal<T>(run.Matrix("x").Cols), ("mean", ["loc"]), ("log_std", ["log_scale"]))));
        table.Add("full_gaussian_mixture", new FixtureCheck<T>(["x", "loc", "scale_tril", "logits", "ct.log_prob"], FullMixture));
        table.Add("full_normal_covariance", new FixtureCheck<T>(["x", "loc", "covariance", "ct.log_prob"], run => Compare(run, new FullNormalCovariance<T>(run.Matrix("x").Cols), ("loc", ["loc"]), ("covariance", ["covariance"]))));
        table.Add("full_normal_scale_tril", new FixtureCheck<T>(["x", "loc", "scale_tril", "ct.log_prob"], run => Compare(run, new FullNormalScaleTril<T>(run.Matrix("x").Cols), ("loc", ["loc"]), ("scale_tril", ["scale_tril"]))));
        table.Add("gumbel", LocationScale<T>(d => new Gumbel<T>(d)));
        table.Add("laplace", LocationScale<T>(d => new Laplace<T>(d)));
        table.Add("logistic", LocationScale<T>(d => new Logistic<T>(d)));
        table.Add("logistic_mixture", new FixtureCheck<T>(["x", "loc", "log_scale", "logits", "ct.log_prob"], run => Compare(run, new LogisticMixture<T>(run.Matrix("x").Cols, run.Matrix("loc").Cols), ("loc", ["loc"]), ("log_scale", ["log_scale"]), ("logits", ["logits"]))));
        table.Add("standard_normal", new FixtureCheck<T>(["x", "ct.log_prob"], run => Compare(run, new StandardNormal<T>(run.Matrix("x").Cols))));
        table.Add("student_t", new FixtureCheck<T>(["x", "loc", "log_scale", "log_df", "ct.log_prob"], run => Compare(run, new StudentT<T>(run.Matrix("x").Cols), ("loc", ["loc"]), ("log_scale", ["log_scale"]), ("log_df", ["log_df"]))));
    }

    private static FixtureCheck<T> LocationScale<T>(Func<int, IDistribution<T>> make) where T : unmanaged, IFloatingPointIeee754<T>
        => new(["x", "loc", "log_scale", "ct.log_prob"], run => Compare(run, make(run.Matrix("x").Cols), ("loc", ["loc"]), ("log_scale", ["log_scale"])));

    private static void DiagonalMixture<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
        => Compare(run, new DiagonalGaussianMixture<T>(run.Matrix("x").Cols, run.Matrix("weight_scores").Cols), ("loc", ["loc"]), ("log_scale", ["log_scale"]), ("weight_scores", ["logits"]));

    private static void FullMixture<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int components = run.Matrix("loc").Rows;
        string[] Parts(string name) => [.. Enumerable.Range(0, components).Select(k => $"{name}.{k}")];
        Compare(run, new FullGaussianMixture<T>(run.Matrix("x").Cols, components), ("loc", Parts("loc")), ("scale_tril", Parts("scale_tril")), ("logits", ["logits"]));
    }

    /// <summary>Each stored parameter fills one entry of the store, or several in a row.</summary>
    private static void Compare<T>(CaseRun<T> run, IDistribution<T> distribution, params (string Tensor, string[] Entries)[] parameters) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        using var store = new ParameterStore<T>(run.Backend);
        distribution.Attach(store, "base");
        store.Build();
        foreach ((string tensor, string[] entries) in parameters)
        {
            int at = 0;
            double[] values = run.Input(tensor, entries.Sum(e => store.Find("base." + e).Length));
            foreach (Var entry in entries.Select(e => store.Find("base." + e)))
            {
                store.Write(entry, values.AsSpan(at, entry.Length));
                at += entry.Length;
            }
        }

        using var tape = new Tape<T>(run.Backend, store);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true);
        Var logProb = distribution.LogProb(tape, x);
        run.Compare("log_prob", tape, logProb);
        tape.Backward(logProb, run.Values("ct.log_prob", rows));
        run.CompareGrad("grad.x", tape, x);
        foreach ((string tensor, string[] entries) in parameters)
            run.Compare("grad." + tensor, [.. entries.SelectMany(e => store.ReadGradient(store.Find("base." + e)))]);
    }
}
