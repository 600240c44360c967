using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>The whole Jacobian of a map, two ways that share nothing: rows by vector-Jacobian products, columns by central differences; and its log|det| by plain elimination.</summary>
public static class BruteForceJacobian
{
    /// <summary>[D x D] d out / d in of one row, by D backward passes.</summary>
    public static double[] ByBackward(IBackend<double> backend, ParameterStore<double>? store, double[] row, Func<Tape<double>, Var, Var> map)
    {
        int d = row.Length;
        var jacobian = new double[d * d];
        using var tape = new Tape<double>(backend, store);
        for (int i = 0; i < d; i++)
        {
            tape.Reset();
            Var x = tape.Input(row, 1, d, needsGrad: true);
            Var z = map(tape, x);
            var seed = new double[z.Length];
            seed[i] = 1;
            tape.Backward(z, seed);
            tape.ReadGrad(x, jacobian.AsSpan(i * d, d));
        }
        return jacobian;
    }

    /// <summary>[D x D] d out / d in at one row of any function of a row, by central differences with one Richardson step (error h^4).</summary>
    public static double[] ByDifferences(double[] row, double h, Func<double[], double[]> map)
    {
        int d = row.Length;
        var jacobian = new double[d * d];
        for (int j = 0; j < d; j++)
        {
            double[] coarse = Difference(j, h), fine = Difference(j, h / 2);
            for (int i = 0; i < d; i++) jacobian[i * d + j] = (4 * fine[i] - coarse[i]) / 3;
        }
        return jacobian;

        double[] Difference(int j, double step)
        {
            double[] up = (double[])row.Clone(), down = (double[])row.Clone();
            up[j] += step;
            down[j] -= step;
            double[] a = map(up), b = map(down);
            return a.Select((v, i) => (v - b[i]) / (2 * step)).ToArray();
        }
    }

    /// <summary>log|det| by Gaussian elimination with partial pivoting.</summary>
    public static double LogAbsDet(double[] matrix, int d)
    {
        double[] a = (double[])matrix.Clone();
        double sum = 0;
        for (int k = 0; k < d; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < d; i++)
                if (Math.Abs(a[i * d + k]) > Math.Abs(a[pivot * d + k])) pivot = i;
            for (int j = 0; j < d; j++) (a[k * d + j], a[pivot * d + j]) = (a[pivot * d + j], a[k * d + j]);
            sum += Math.Log(Math.Abs(a[k * d + k]));
            for (int i = k + 1; i < d; i++)
            {
                double f = a[i * d + k] / a[k * d + k];
                for (int j = k; j < d; j++) a[i * d + j] -= f * a[k * d + j];
            }
        }
        return sum;
    }
}
