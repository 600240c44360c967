namespace NativeFlow.Layers;

/// <summary>
/// Importance-weighted bound LL_K of a table: the mean over rows of log(1/K sum of w_k), w_k = p(x | w_k) p(w_k)/q(w_k | x) with K draws of
/// q. In expectation over the draws at most the mean log p(x), never below the bound with fewer draws, and equal to it as K grows.
/// </summary>
/// <param name="Nats">The bound, in nats a row (higher is better).</param>
/// <param name="StandardError">Standard error of <paramref name="Nats"/> over the rows.</param>
/// <param name="Samples">K.</param>
/// <param name="Rows">Rows evaluated.</param>
/// <remarks>Source: Burda, Grosse and Salakhutdinov 2016.</remarks>
public readonly record struct ImportanceWeightedBound(double Nats, double StandardError, int Samples, int Rows);
