using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>Start values of a whole layer.</summary>
internal static class TransformerStart
{
    /// <summary>The transformer's start, once for each of <paramref name="features"/> features: [features P].</summary>
    public static double[] Of<T>(ITransformer<T> transformer, int features) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int p = transformer.ParametersPerFeature;
        var all = new double[features * p];
        for (int i = 0; i < features; i++) transformer.Start(all.AsSpan(i * p, p));
        return all;
    }
}
