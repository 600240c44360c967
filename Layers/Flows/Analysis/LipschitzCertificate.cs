using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Certified bounds of a flow's stretch: those of its layers, and their product for the whole.</summary>
/// <param name="InputBound">Largest |x_i| for which it holds; infinite for all of space.</param>
/// <param name="Layers">Kind and bounds of every layer, from data to latent; each on the box that the layer before leads to.</param>
/// <param name="Total">Products over the layers; infinite with the reason of the first layer that has none.</param>
public sealed record LipschitzCertificate(double InputBound, IReadOnlyList<(string Kind, LipschitzBounds Bounds)> Layers, LipschitzBounds Total)
{
    /// <summary>Certifies a flow with its parameters as they are. Host work: a singular value decomposition a matrix.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="inputBound">Largest |x_i| for which it shall hold; infinite for all of space.</param>
    /// <exception cref="ArgumentException">The bound is negative or NaN.</exception>
    /// <exception cref="NonFiniteException">A matrix holds NaN or an infinity.</exception>
    public static LipschitzCertificate Of<T>(Flow<T> flow, double inputBound = double.PositiveInfinity) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!(inputBound >= 0)) throw new ArgumentException($"LipschitzCertificate: the input bound is {inputBound}; it must be 0 or more.");
        var layers = new List<(string, LipschitzBounds)>();
        double forward = 1, inverse = 1, bound = inputBound;
        string reason = "";
        for (int i = 0; i < flow.Transforms.Count; i++)
        {
            IBijector<T> layer = flow.Transforms[i];
            LipschitzBounds b = layer is ILipschitzLayer<T> known ? known.Bounds(flow.Store, bound) : LipschitzBounds.Unknown($"no bound is known of {layer.Kind}");
            layers.Add((layer.Kind, b));
            if (reason.Length == 0 && b.Reason.Length > 0) reason = $"layer {i}, {layer.Kind}: {b.Reason}";
            forward *= b.Forward;
            inverse *= b.Inverse;
            bound = b.OutputBound;
        }
        return new LipschitzCertificate(inputBound, layers, new LipschitzBounds(forward, inverse, bound, reason));
    }
}
