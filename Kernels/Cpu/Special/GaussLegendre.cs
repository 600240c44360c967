namespace NativeFlow.Kernels;

/// <summary>Nodes and weights of Gauss-Legendre quadrature: n nodes integrate polynomials of degree 2n - 1 exactly.</summary>
public static class GaussLegendre
{
    /// <summary>On [0, 1]; the weights sum to 1. Newton's method on the Legendre polynomial.</summary>
    public static (double[] Nodes, double[] Weights) OnUnit(int count)
    {
        double[] nodes = new double[count], weights = new double[count];
        for (int i = 0; i < count; i++)
        {
            double x = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5)), slope = 1;
            for (int step = 0; step < 10; step++)
            {
                (double value, slope) = Legendre(count, x);
                x -= value / slope;
            }
            slope = Legendre(count, x).Slope;
            nodes[count - 1 - i] = (1 + x) / 2;
            weights[count - 1 - i] = 1 / ((1 - (x * x)) * slope * slope);
        }
        return (nodes, weights);
    }

    private static (double Value, double Slope) Legendre(int degree, double x)
    {
        double before = 1, value = x;
        for (int k = 2; k <= degree; k++) (before, value) = (value, (((2 * k) - 1) * x * value - ((k - 1) * before)) / k);
        return (value, degree * ((x * value) - before) / ((x * x) - 1));
    }
}
