namespace NativeFlow.Layers;

/// <summary>Nodes and weights of quadrature on [0, 1], in double.</summary>
internal static class Quadrature
{
    /// <summary>Recipe names, in the order of <see cref="QuadratureRule"/>.</summary>
    public static string[] Names => ["gauss-legendre", "clenshaw-curtis"];

    /// <summary>Nodes and weights on [0, 1].</summary>
    /// <param name="rule">Which.</param>
    /// <param name="n">Its order: nodes, or nodes - 1 for Clenshaw-Curtis.</param>
    public static (double[] Nodes, double[] Weights) Make(QuadratureRule rule, int n) => rule == QuadratureRule.GaussLegendre ? GaussLegendre(n) : ClenshawCurtis(n);

    // Roots of the Legendre polynomial by Newton's method from Tricomi's estimate; weights 2 / ((1 - t^2) P'(t)^2) on [-1, 1].
    private static (double[] Nodes, double[] Weights) GaussLegendre(int n)
    {
        double[] nodes = new double[n], weights = new double[n];
        for (int i = 0; i < n; i++)
        {
            double t = Math.Cos(Math.PI * (i + 0.75) / (n + 0.5)), slope = 1;
            for (int step = 0; step < 20; step++)
            {
                double p = 1, before = 0;
                for (int k = 0; k < n; k++) (p, before) = ((((2 * k) + 1) * t * p - (k * before)) / (k + 1), p);
                slope = n * ((t * p) - before) / ((t * t) - 1);
                t -= p / slope;
            }
            nodes[n - 1 - i] = (1 + t) / 2;
            weights[n - 1 - i] = 1 / ((1 - (t * t)) * slope * slope);
        }
        return (nodes, weights);
    }

    // The cosine sum of its source (Wehenkel and Louppe 2019), whose last term is not halved: exact up to degree n - 1.
    private static (double[] Nodes, double[] Weights) ClenshawCurtis(int n)
    {
        double[] nodes = new double[n + 1], weights = new double[n + 1];
        for (int k = 0; k <= n; k++)
        {
            nodes[k] = (1 + Math.Cos(k * Math.PI / n)) / 2;
            double sum = 1;
            for (int j = 2; j <= n; j += 2) sum += 2 * Math.Cos(j * k * Math.PI / n) / (1.0 - ((double)j * j));
            weights[k] = sum * (k == 0 || k == n ? 0.5 : 1) / n;
        }
        return (nodes, weights);
    }
}
