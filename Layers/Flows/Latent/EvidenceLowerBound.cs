namespace NativeFlow.Layers;

/// <summary>Evidence lower bound of a table: the mean over rows of log p(x | w) + log p(w) - log q(w | x), which is at most the mean log p(x) in expectation over the draws.</summary>
/// <param name="Nats">The bound, in nats a row (higher is better).</param>
/// <param name="StandardError">Standard error of <paramref name="Nats"/> over the rows, whose draws are averaged first.</param>
/// <param name="LogLikelihood">Its part log p(x | w), given the latent.</param>
/// <param name="Divergence">Its part log q - log p.</param>
/// <param name="Draws">Draws a row.</param>
/// <param name="Rows">Rows evaluated.</param>
public readonly record struct EvidenceLowerBound(double Nats, double StandardError, double LogLikelihood, double Divergence, int Draws, int Rows);
