using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>How the layers of a flow treat their log-determinants in training, by name.</summary>
internal static class LayerStrategies
{
    /// <summary>Name of a layer's strategy; null where it has no choice.</summary>
    public static string? NameOf<T>(IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T> => layer switch
    {
        IJacobianLayer<T> matrix => matrix.Strategy.Name,
        Residual<T> residual => residual.LogDet.Name,
        Cnf<T> cnf => cnf.Settings.Probe is null ? "exact" : "hutchinson",
        _ => null,
    };

    /// <summary>Value and gradient of a layer's strategy, in words; empty where it has no choice.</summary>
    public static string Describe<T>(IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T> => layer switch
    {
        IJacobianLayer<T> matrix => $"  {matrix.Strategy.Name} (value {matrix.Strategy.Value}, gradient {matrix.Strategy.Gradient})",
        Residual<T> residual => $"  {residual.LogDet.Name} (value {residual.LogDet.Value}, gradient {residual.LogDet.Gradient})",
        _ => NameOf(layer) is { } name ? $"  {name}" : "",
    };

    /// <summary>Names in a flow, each once, those of layers inside others included.</summary>
    public static string Of<T>(Flow<T> flow) where T : unmanaged, IFloatingPointIeee754<T> => string.Join(", ", In(flow.Transforms).Distinct());

    private static IEnumerable<string> In<T>(IEnumerable<IBijector<T>> layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (IBijector<T> layer in layers)
        {
            if (NameOf(layer) is { } name) yield return name;
            foreach (string inner in In(layer.Inner)) yield return inner;
        }
    }
}
