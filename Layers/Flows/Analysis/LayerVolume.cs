namespace NativeFlow.Layers;

/// <summary>Share of one layer in the volume of a flow.</summary>
/// <param name="Layer">Its number from the data on.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Mean">E log|det J| of the layer in nats; above 0 it expands, below it contracts.</param>
/// <param name="Deviation">Standard deviation of log|det J| over the rows, in nats; 0 for layers whose Jacobian is the same everywhere.</param>
public sealed record LayerVolume(int Layer, string Kind, double Mean, double Deviation);
