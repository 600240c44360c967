using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The exact gradient of [W, b] times H^T H, H = [[W, b], [0, 1]]: what the relative gradient must be.</summary>
internal static class PreconditionedGradient
{
    /// <summary>Whether it is known what the strategy of this layer must give.</summary>
    public static bool IsKnown(IJacobianLayer<double> layer) => layer.Strategy.Gradient == GradientKind.Preconditioned && layer.Site.Kind == SiteKinds.DenseMatrix;

    /// <summary>Replaces the gradient of one site: G_W := G_W W^T W + g_b (b^T W), g_b := G_W W^T b + g_b (b^T b + 1).</summary>
    public static void Apply(ParameterStore<double> store, AuditSubject subject, in JacobianSite site, double[] gradient)
    {
        int d = site.Dimension;
        double[] w = store.Read(site.Weight), b = site.Bias.IsNone ? new double[d] : store.Read(site.Bias);
        Span<double> gw = gradient.AsSpan(subject.PlaceOf(site.Weight), d * d), gb = site.Bias.IsNone ? new double[d] : gradient.AsSpan(subject.PlaceOf(site.Bias), d);
        // Rows of [G_W, g_b] times H^T, then times H.
        double[] half = new double[d], row = new double[d];
        for (int i = 0; i < d; i++)
        {
            double last = gb[i];
            for (int k = 0; k < d; k++)
            {
                half[k] = last * b[k];
                for (int j = 0; j < d; j++) half[k] += gw[(i * d) + j] * w[(k * d) + j];
            }
            Array.Clear(row);
            double bias = last;
            for (int k = 0; k < d; k++)
            {
                for (int j = 0; j < d; j++) row[j] += half[k] * w[(k * d) + j];
                bias += half[k] * b[k];
            }
            row.CopyTo(gw[(i * d)..]);
            gb[i] = bias;
        }
    }
}
