using NativeFlow.Layers;

namespace NativeFlow.Cli.Theory;

/// <summary>The result of <c>nativeflow theory</c> as a table for people.</summary>
internal static class TheoryText
{
    private const int MostFactors = 10;

    public static void Write(TheoryRun run, TextWriter writer)
    {
        LikelihoodReport report = run.Report;
        DataMoments moments = report.Moments;
        bool discrete = moments.Levels > 0;
        writer.WriteLine($"data   {run.Choice.Set.Name}: {moments.Rows} training rows x {moments.Dimension}{(discrete ? $", {moments.Levels} levels, dequantised by U[0, 1) in closed form (covariance + I/12)" : "")}");
        if (run.Choice.Noise is not null) writer.WriteLine(run.Choice.Describe());
        writer.WriteLine($"units  nats per sample of the {(discrete ? "dequantised integers; bits/dim beside them. A flow on logits or standardised data" : "data on its own scale. A flow on standardised data")} reports in the same units");
        writer.WriteLine();
        writer.WriteLine($"{"eigenvalues, training rows",-32} {"largest",12} {"median",12} {"smallest",12}");
        Spectrum(writer, discrete ? "covariance, noise included" : "covariance", moments.CovarianceSpectrum);
        Spectrum(writer, "auto-correlation E[x x^T]", moments.AutoCorrelationSpectrum);
        writer.WriteLine(FormattableString.Invariant($"rank {moments.Rank} of {moments.Dimension}{(discrete ? " without the noise" : "")}; eigenvalues below {report.Floor:G3} count as {(report.Options.NoiseVariance > 0 ? "that (noise)" : "0 (rounding)")}"));
        if (report.Refusal is { } refusal) writer.WriteLine($"refused  linear-flow optimum: {refusal} with --noise, leave columns out, or bring them to like scales");
        if (discrete && moments.Rows <= moments.Dimension) writer.WriteLine($"note   N = {moments.Rows} rows are no more than the {moments.Dimension} columns: the dequantisation noise alone keeps the optimum finite");
        writer.WriteLine();
        IReadOnlyList<TheoryLine> lines = TheoryLine.Of(report);
        writer.WriteLine($"{"log-likelihood",-32} {"nats",12}{(discrete ? $" {"bits/dim",9}" : "")}   what it is");
        foreach (TheoryLine line in lines) writer.WriteLine(FormattableString.Invariant($"{line.Name,-32} {line.Nats,12:F4}{Bits(report, line.Nats)}   {line.Meaning}"));
        Ppca(report, writer, discrete);
        writer.WriteLine();
        Volume(report, writer);
        if (report.PointBound is not null)
        {
            writer.WriteLine();
            writer.WriteLine("memorising bound: for every training row the best linear map without bias of its own, averaged. It is one reading of \"auto-correlation matrix of an individual");
            writer.WriteLine("data point\" in Liao and He (2021), inferred from the abstract. A flow that memorises its rows could come near it, or past it; it bounds nothing that generalises.");
        }

        if (run.Flow is { } flow) Flow(run, flow, lines, writer);
    }

    private static void Ppca(LikelihoodReport report, TextWriter writer, bool discrete)
    {
        int last = report.PpcaCurve.Count - 1;
        var shown = new SortedSet<int>();
        for (int k = 0; k < MostFactors && last >= 0; k++) shown.Add(k == 0 || last == 0 ? 0 : (int)Math.Round(Math.Pow(last, (k - 1) / (MostFactors - 2.0))));
        foreach (int q in shown)
            writer.WriteLine(FormattableString.Invariant($"{$"PPCA, q = {q}",-32} {report.PpcaCurve[q],12:F4}{(discrete ? Bits(report, report.PpcaCurve[q]) : "")}   {(q == 0 ? "exact for Gaussians of q factors and isotropic noise on the training rows" : q == report.Dimension ? "all factors: the linear-flow optimum" : "")}").TrimEnd());
    }

    private static void Volume(LikelihoodReport report, TextWriter writer)
    {
        writer.WriteLine("volume budget, E log|det J| of a map that carries the data exactly to N(0, I)");
        if (report.ExactVolume is { } exact) writer.WriteLine(FormattableString.Invariant($"{"  every such map has",-32} {exact,12:F4}   exact, D/2 log(2 pi e) - H(p)"));
        if (report.VolumeFloor is { } floor) writer.WriteLine(FormattableString.Invariant($"{"  at least",-32} {floor,12:F4}   bound from the covariance, reached for Gaussian data alone"));
        else writer.WriteLine("  no bound from the covariance: it is singular, and expansion unlimited");
        if (report.LipschitzFloor is { } lipschitz) writer.WriteLine(FormattableString.Invariant($"{"  so Lip(f) is at least",-32} {lipschitz,12:G6}   bound, geometric mean of the singular values{(report.ExactVolume is null ? "" : " of every such map")}"));
    }

    private static void Flow(TheoryRun run, TrainedFlowReport flow, IReadOnlyList<TheoryLine> lines, TextWriter writer)
    {
        LikelihoodReport report = run.Report;
        bool discrete = report.Moments.Levels > 0;
        TrainedFlowPart[] parts = flow.Test is { } test ? [flow.Train, test] : [flow.Train];
        writer.WriteLine();
        writer.WriteLine($"flow   {run.Model}");
        Row("", parts.Select((p, i) => FormattableString.Invariant($"{(i == 0 ? "train" : "test")} ({p.Likelihood.Rows} rows)")));
        Row("exact log-likelihood, nats", parts.Select(p => PlusMinus(p.Likelihood.Nats, p.Likelihood.StandardError)));
        if (discrete) Row("the same in bits/dim", parts.Select(p => FormattableString.Invariant($"{p.Likelihood.BitsPerDim:F4}")));
        foreach (TheoryLine line in lines)
            Row($"  above {line.Name} by", parts.Select((p, i) => line.TestOnly && i == 0 ? "" : FormattableString.Invariant($"{p.Likelihood.Nats - line.Nats:F4}")), Warning(flow, line));
        if (flow.Train.Latent is not null)
        {
            Row("latent energy E|z|^2/2 - D/2", parts.Select(p => PlusMinus(p.Latent!.Energy, p.Latent!.EnergyStandardError)), "0 on the training rows at an optimum");
            Row("|E z| (sampling)", parts.Select(p => FormattableString.Invariant($"{p.Latent!.Mean:G3} ({p.Latent!.MeanSampling:G2})")), "0 there if the last layer has a bias");
            Row("|E[z z^T] - I|_F (sampling)", parts.Select(p => FormattableString.Invariant($"{p.Latent!.Departure:G3} ({p.Latent!.DepartureSampling:G2})")), "0 there if the last layer is a full matrix");
            Row("eigenvalues of E[z z^T]", parts.Select(p => FormattableString.Invariant($"{p.Latent!.Smallest:G3} .. {p.Latent!.Largest:G3}")));
        }

        string budget = report.ExactVolume is { } exact ? FormattableString.Invariant($"exact maps: {exact:F4}") : report.VolumeFloor is { } floor ? FormattableString.Invariant($"exact maps: at least {floor:F4}") : "";
        Row("E log|det J|, nats", parts.Select(p => PlusMinus(p.Volume, p.VolumeStandardError)), budget);
        writer.WriteLine();
        writer.WriteLine($"{"layer",-32} {"E log|det J|",14} {"sd over rows",13} {"stationarity",13} {"(sampling)",11}");
        foreach (LayerVolume layer in flow.Train.Layers)
        {
            LinearStationarity? linear = flow.Linear.FirstOrDefault(l => l.Layer == layer.Layer);
            string name = $"{layer.Layer} {layer.Kind}{(linear is { Strategy.Length: > 0 } ? $" ({linear.Strategy})" : "")}";
            string residual = linear is null ? "" : FormattableString.Invariant($" {linear.Residual,13:G3} {$"({linear.Sampling:G2})",11}");
            string learned = linear is { LearnedResidual: { } r, InverseError: { } e } ? FormattableString.Invariant($"   to (W R)^T: {r:G3}, |W R - I|: {e:G3}") : "";
            writer.WriteLine(FormattableString.Invariant($"{name,-32} {layer.Mean,14:F4} {layer.Deviation,13:G3}{residual}{learned}"));
        }

        if (flow.Linear.Count > 0) writer.WriteLine("stationarity |E[delta y^T] + I|_F on the training rows: near 0 where a matrix has converged; well above the sampling in brackets there is more to gain");
        if (flow.Linear.Any(l => l.LearnedResidual is not null)) writer.WriteLine("learned inverses R: training with them settles where E[delta y^T] = -(W R)^T, at the likelihood's optimum only if W R = I");
        if (flow.Unmeasured > 0) writer.WriteLine($"note   {flow.Unmeasured} convolutions or matrices inside other layers have no stationarity measured");

        void Row(string name, IEnumerable<string> cells, string remark = "") => writer.WriteLine($"{name,-44} {string.Join(' ', cells.Select(c => $"{c,24}"))}{(remark.Length > 0 ? $"   {remark}" : "")}");
    }

    private static void Spectrum(TextWriter writer, string name, ReadOnlySpan<double> values)
        => writer.WriteLine(FormattableString.Invariant($"{name,-32} {values[0],12:G6} {values[values.Length / 2],12:G6} {values[^1],12:G6}"));

    private static string Warning(TrainedFlowReport flow, TheoryLine line) => line.Key == TheoryLine.LinearOptimumKey && flow.Train.Likelihood.Nats < line.Nats ? "below 0 on the training rows: an affine flow fits them better" : "";

    private static string Bits(LikelihoodReport report, double nats) => report.Moments.Levels > 0 ? FormattableString.Invariant($" {report.BitsPerDim(nats),9:F4}") : "";

    private static string PlusMinus(double value, double error) => FormattableString.Invariant($"{value:F4} +- {error:F4}");
}
