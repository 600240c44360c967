namespace NativeFlow.Layers;

/// <summary>How far latents are from N(0, I). On the training rows of a converged flow some of it must vanish; on fresh rows of a perfect flow what is left is sampling.</summary>
/// <param name="Energy">E|z|^2 / 2 - D / 2 in nats: 0 on the training rows at the optimum of a flow whose last layer can scale.</param>
/// <param name="EnergyStandardError">Its standard error over the rows.</param>
/// <param name="Mean">|E z|: 0 on the training rows where the last layer has a bias.</param>
/// <param name="MeanSampling">sqrt(D / n), what n rows of N(0, I) have in root mean square.</param>
/// <param name="Departure">|E[z z^T] - I| in the Frobenius norm: 0 on the training rows where the last layer is a full matrix.</param>
/// <param name="DepartureSampling">sqrt(D (D + 1) / n), what n rows of N(0, I) have in root mean square.</param>
/// <param name="Largest">Largest eigenvalue of E[z z^T].</param>
/// <param name="Smallest">Smallest eigenvalue of E[z z^T].</param>
public sealed record LatentMoments(double Energy, double EnergyStandardError, double Mean, double MeanSampling, double Departure, double DepartureSampling, double Largest, double Smallest);
