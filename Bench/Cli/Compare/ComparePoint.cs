namespace NativeFlow.Cli.Compare;

/// <summary>A look at a run on its way.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Seconds">Seconds of training until then.</param>
/// <param name="Nll">Exact negative log-likelihood on the validation rows, nats.</param>
/// <param name="Cosine">Cosine between the strategy's gradient and the exact one on one batch, over the parameters that both have; NaN where it was not measured.</param>
internal readonly record struct ComparePoint(long Step, double Seconds, double Nll, double Cosine);
