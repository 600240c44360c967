namespace NativeFlow.Layers;

/// <summary>What one epoch of a latent-variable model did.</summary>
/// <param name="Epoch">Epochs done, from 1.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Objective">Mean objective over the epoch's steps, in nats a row.</param>
/// <param name="LogLikelihood">Mean log p(x | w), given the latent, over its steps.</param>
/// <param name="Radius">Radius at its end; infinite for a Euclidean model.</param>
/// <param name="LearningRate">Rate of the last step.</param>
/// <param name="Validation">Evidence lower bound of the validation rows; null when this epoch had no validation.</param>
/// <param name="IsBest">Whether it is the best validation so far.</param>
public sealed record LatentEpochReport(int Epoch, long Step, double Objective, double LogLikelihood, double Radius, double LearningRate, EvidenceLowerBound? Validation, bool IsBest);
