using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>What every distribution of one or two features must satisfy, as checks that throw <see cref="BijectorFault"/>: so that a test can also show that they reject planted faults.</summary>
public static class DistributionConformanceChecks
{
    private const int Samples = 40_000;

    /// <summary>All checks in double on one backend.</summary>
    public static void All(DistributionCase test, IBackend<double> backend, Func<IDistribution<double>, IDistribution<double>>? wrap = null)
    {
        (IDistribution<double> inner, ParameterStore<double> store) = test.Make(backend);
        using (store)
        {
            IDistribution<double> p = wrap is null ? inner : wrap(inner);
            (double[] x, double[] mass) = Grid(p, backend, store);
            Integral(p, mass);
            Gradients(p, backend, store);
            SampleGradients(p, backend, store);
            SamplesFollowTheDensity(p, backend, store, x, mass);
            SamplesAreFunctionsOfKeyAndStream(p, backend, store);
            Batches(p, backend, store);
        }
    }

    /// <summary>log p of rows.</summary>
    public static double[] LogProb(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store, double[] x)
    {
        using var tape = new Tape<double>(backend, store) { RecordsGradients = false };
        int rows = x.Length / p.Dimension;
        Var logProb = p.LogProb(tape, tape.Input(x, rows, p.Dimension));
        if (logProb.Rows != rows || logProb.Cols != 1) throw new BijectorFault("shape", $"log p is {logProb.Shape} for {rows} rows");
        var values = new double[rows];
        tape.Read(logProb, values);
        return values;
    }

    /// <summary>Rows drawn by (key, stream).</summary>
    public static double[] Draw(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store, int count, ulong key, ulong stream)
    {
        using var tape = new Tape<double>(backend, store) { RecordsGradients = false };
        Var x = p.Sample(tape, count, key, stream);
        if (x.Rows != count || x.Cols != p.Dimension) throw new BijectorFault("shape", $"{count} samples are {x.Shape}");
        var values = new double[x.Length];
        tape.Read(x, values);
        return values;
    }

    /// <summary>Nodes and weights of the double-exponential rule over the line: x = sinh(pi/2 sinh t), whose reach suits tails of any kind.</summary>
    public static (double[] Nodes, double[] Weights) Line(int count)
    {
        double[] nodes = new double[count], weights = new double[count];
        double reach = 3.3, step = 2 * reach / (count - 1);
        for (int i = 0; i < count; i++)
        {
            double t = -reach + i * step, inner = 0.5 * Math.PI * Math.Sinh(t);
            nodes[i] = Math.Sinh(inner);
            weights[i] = step * 0.5 * Math.PI * Math.Cosh(t) * Math.Cosh(inner);
        }

        return (nodes, weights);
    }

    private static (double[] X, double[] Mass) Grid(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store)
    {
        (double[] nodes, double[] weights) = Line(p.Dimension == 1 ? 2001 : 361);
        int n = nodes.Length, rows = p.Dimension == 1 ? n : n * n;
        double[] x = new double[rows * p.Dimension], mass = new double[rows];
        for (int r = 0; r < rows; r++)
        {
            if (p.Dimension == 1) (x[r], mass[r]) = (nodes[r], weights[r]);
            else (x[2 * r], x[2 * r + 1], mass[r]) = (nodes[r / n], nodes[r % n], weights[r / n] * weights[r % n]);
        }

        double[] logProb = LogProb(p, backend, store, x);
        for (int r = 0; r < rows; r++) mass[r] *= Math.Exp(logProb[r]);
        return (x, mass);
    }

    private static void Integral(IDistribution<double> p, double[] mass)
    {
        double sum = mass.Sum();
        if (!(Math.Abs(sum - 1) <= 1e-3)) throw new BijectorFault("integral", $"the density of {p.Kind} integrates to {sum:R}");
    }

    private static void Gradients(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store)
    {
        // Clear of the kink of Laplace at its locations.
        double[] x = [.. new PhiloxNormals(31).Take(4 * p.Dimension).Select(v => 1.3 * v + 0.123)], ct = new PhiloxNormals(32).Take(4);
        using var tape = new Tape<double>(backend, store);
        Var input = tape.Input(x, 4, p.Dimension, needsGrad: true);
        Var loss = tape.Sum(tape.Multiply(p.LogProb(tape, input), tape.Input(ct, 4, 1)));
        tape.Backward(loss);
        var dx = new double[x.Length];
        tape.ReadGrad(input, dx);
        double Loss() => LogProb(p, backend, store, x).Zip(ct, (a, b) => a * b).Sum();
        Compare("gradient of the input", dx, i => Differences(h => Loss(), x, i));
        foreach (ParameterStore<double>.Entry e in store.Parameters)
            Compare($"gradient of {e.Name}", store.ReadGradient(e.Var), ByParameter(store, e, Loss));

        tape.ClearTangents();
        double[] direction = new PhiloxNormals(33).Take(x.Length);
        backend.Write(direction, tape.TangentOf(input));
        tape.PushForward();
        double[] tangent = new double[1];
        backend.Read(tape.TangentOf(loss), tangent);
        BijectorChecks.Close("jvp of the input", tangent, [dx.Zip(direction, (a, b) => a * b).Sum()], 1e-10);
    }

    private static void SampleGradients(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store)
    {
        double[] ct = new PhiloxNormals(41).Take(3 * p.Dimension);
        double Loss() => Draw(p, backend, store, 3, 9, 2).Zip(ct, (a, b) => a * b).Sum();
        using var tape = new Tape<double>(backend, store);
        Var x = p.Sample(tape, 3, 9, 2);
        if (!p.IsReparameterized)
        {
            if (x.NeedsGrad) throw new BijectorFault("sample gradient", "samples carry a gradient that is said not to be whole");
            return;
        }

        if (store.Parameters.Count == 0) return;
        tape.Backward(tape.Sum(tape.Multiply(x, tape.Input(ct, 3, p.Dimension))));
        foreach (ParameterStore<double>.Entry e in store.Parameters)
            Compare($"sample gradient of {e.Name}", store.ReadGradient(e.Var), ByParameter(store, e, Loss));
    }

    // Characteristic functions are bounded, so they exist for every tail; together they determine the distribution. 4.5 standard errors: 1 in 150 000 for each.
    private static void SamplesFollowTheDensity(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store, double[] x, double[] mass)
    {
        double[] drawn = Draw(p, backend, store, Samples, 77, 5);
        int d = p.Dimension;
        foreach ((double w0, double w1) in (ReadOnlySpan<(double, double)>)[(0.3, 0), (1, 0), (2.3, 0), (0, 0.7), (0, 1.9), (0.8, 0.8), (0.8, -0.8), (1.7, 0.6)])
        {
            if (d == 1 && w0 == 0) continue;
            foreach (double phase in (ReadOnlySpan<double>)[0, 0.5 * Math.PI])
            {
                double Wave(double[] at, int r) => Math.Cos(w0 * at[r * d] + (d == 2 ? w1 * at[r * d + 1] : 0) - phase);
                double mean = 0, square = 0, found = 0;
                for (int r = 0; r < mass.Length; r++)
                {
                    if (mass[r] < 1e-15) continue;
                    double wave = Wave(x, r);
                    mean += mass[r] * wave;
                    square += mass[r] * wave * wave;
                }

                for (int r = 0; r < Samples; r++) found += Wave(drawn, r) / Samples;
                double error = Math.Sqrt(Math.Max(1e-6, square - mean * mean) / Samples);
                if (!(Math.Abs(found - mean) <= 4.5 * error)) throw new BijectorFault("samples", $"the mean of cos({w0} x0 + {w1} x1 - {phase:F2}) is {found:R} of {Samples} samples, {mean:R} of the density, {(found - mean) / error:F1} standard errors off");
            }
        }

        if (d == 1) KolmogorovSmirnov(x, mass, drawn);
    }

    // sqrt(n) D above 2.1 has a chance of 3 in 10 000.
    private static void KolmogorovSmirnov(double[] x, double[] mass, double[] drawn)
    {
        double[] sorted = [.. drawn.Order()], upTo = new double[x.Length];
        double sum = 0, worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            upTo[i] = sum + 0.5 * mass[i];
            sum += mass[i];
        }

        int at = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            while (at + 1 < x.Length && x[at + 1] < sorted[i]) at++;
            double share = at + 1 < x.Length ? Math.Clamp((sorted[i] - x[at]) / (x[at + 1] - x[at]), 0, 1) : 0;
            double expected = at + 1 < x.Length ? upTo[at] + share * (upTo[at + 1] - upTo[at]) : 1;
            worst = Math.Max(worst, Math.Max(Math.Abs((double)i / sorted.Length - expected), Math.Abs((i + 1.0) / sorted.Length - expected)));
        }

        if (!(Math.Sqrt(sorted.Length) * worst <= 2.1)) throw new BijectorFault("samples", $"Kolmogorov-Smirnov distance {worst:R} of {sorted.Length} samples, times the root of their number {Math.Sqrt(sorted.Length) * worst:F2}");
    }

    private static void SamplesAreFunctionsOfKeyAndStream(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store)
    {
        double[] few = Draw(p, backend, store, 7, 3, 4), many = Draw(p, backend, store, 19, 3, 4);
        if (!few.AsSpan().SequenceEqual(many.AsSpan(0, few.Length))) throw new BijectorFault("sample key", "a longer draw begins with other samples");
        if (few.AsSpan().SequenceEqual(Draw(p, backend, store, 7, 3, 5)) || few.AsSpan().SequenceEqual(Draw(p, backend, store, 7, 4, 4))) throw new BijectorFault("sample key", "another key or stream gives the same samples");
    }

    private static void Batches(IDistribution<double> p, IBackend<double> backend, ParameterStore<double> store)
    {
        double[] x = new PhiloxNormals(51).Take(5 * p.Dimension), all = LogProb(p, backend, store, x);
        for (int r = 0; r < 5; r++)
            BijectorChecks.Close("a row alone equals the row in its batch", LogProb(p, backend, store, x.AsSpan(r * p.Dimension, p.Dimension).ToArray()), [all[r]], 1e-14);
    }

    private static Func<int, double> ByParameter(ParameterStore<double> store, ParameterStore<double>.Entry e, Func<double> loss) => i =>
    {
        double[] value = store.Read(e.Var);
        double numeric = Differences(_ =>
        {
            store.Write(e.Var, value);
            return loss();
        }, value, i);
        store.Write(e.Var, value);
        return numeric;
    };

    private static void Compare(string what, double[] analytic, Func<int, double> numeric)
        => BijectorChecks.Close(what, analytic, [.. Enumerable.Range(0, analytic.Length).Select(numeric)], 2e-7);

    // Central differences, extrapolated once: the error is of fourth order.
    private static double Differences(Func<double, double> f, double[] values, int i)
    {
        double Slope(double h)
        {
            double kept = values[i];
            values[i] = kept + h;
            double up = f(h);
            values[i] = kept - h;
            double down = f(-h);
            values[i] = kept;
            return (up - down) / (2 * h);
        }

        return (4 * Slope(5e-4) - Slope(1e-3)) / 3;
    }
}
