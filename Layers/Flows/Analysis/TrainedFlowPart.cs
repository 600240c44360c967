namespace NativeFlow.Layers;

/// <summary>A flow on one part of the data.</summary>
/// <param name="Likelihood">Exact log-likelihood.</param>
/// <param name="Latent">Moments of the latents; null where the base is no standard normal.</param>
/// <param name="Volume">E log|det J| of the whole flow, in nats.</param>
/// <param name="VolumeStandardError">Its standard error over the rows.</param>
/// <param name="Layers">What the layers add to it, from the data on.</param>
public sealed record TrainedFlowPart(LikelihoodEvaluation Likelihood, LatentMoments? Latent, double Volume, double VolumeStandardError, IReadOnlyList<LayerVolume> Layers);
