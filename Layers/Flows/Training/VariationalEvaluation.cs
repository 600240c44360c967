namespace NativeFlow.Layers;

/// <summary>How well a flow stands for an unnormalised target, by samples of the flow.</summary>
/// <param name="LowerBound">Mean of log target - log q: the evidence lower bound, at most log Z, in nats.</param>
/// <param name="StandardError">Of <paramref name="LowerBound"/>.</param>
/// <param name="LogNormalizer">Importance sampling's estimate of log Z: log mean(target/q). Misses what the flow does not cover.</param>
/// <param name="EffectiveSamples">Share of the samples that the importance weights leave, (sum w)^2/(n sum w^2), in (0, 1]; 1 where the flow is the target.</param>
/// <param name="Samples">Number of samples.</param>
public readonly record struct VariationalEvaluation(double LowerBound, double StandardError, double LogNormalizer, double EffectiveSamples, int Samples)
{
    /// <summary>From log target - log q of every sample.</summary>
    internal static VariationalEvaluation Of(ReadOnlySpan<double> logWeights)
    {
        double mean = 0, variance = 0;
        foreach (double w in logWeights) mean += w / logWeights.Length;
        foreach (double w in logWeights) variance += (w - mean) * (w - mean) / Math.Max(1, logWeights.Length - 1);
        double first = ToyMath.LogSumExp(logWeights), second = 0;
        foreach (double w in logWeights) second += Math.Exp(2 * (w - first));
        return new VariationalEvaluation(mean, Math.Sqrt(variance / logWeights.Length), first - Math.Log(logWeights.Length), 1 / (second * logWeights.Length), logWeights.Length);
    }
}
