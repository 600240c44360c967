namespace NativeFlow.Tests;

/// <summary>The conditional surrogate on plain numbers, with either sign of the choice: the expected update of z = W x, R near W^-1, without noise of the data.</summary>
internal static class ConditionalField
{
    /// <summary>c above 0 goes to the decoder.</summary>
    public const int Derived = 1;

    /// <summary>As a printed summary has it: c above 0 goes to the encoder.</summary>
    public const int Reversed = -1;

    /// <summary>Descent directions (w', r') for an input of variance s^2.</summary>
    public static (double W, double R) Scalar(double w, double r, double s, double weight, int choice)
    {
        double gap = (w * r) - 1, pull = 2 * weight * s * s * gap;
        bool decoder = choice * gap > 0;
        return ((-s * s * w) + (decoder ? 0 : r) - (pull * r), (decoder ? -w : 0) - (pull * w));
    }

    public static (double W, double R) Integrate(double w, double r, double s, double weight, int choice)
    {
        const double step = 1e-3;
        for (int i = 0; i < 100_000; i++)
        {
            (double dw, double dr) = Scalar(w, r, s, weight, choice);
            (w, r) = (w + (step * dw), r + (step * dr));
        }
        return (w, r);
    }

    /// <summary>Nats above the best linear flow after training with a falling step: random probes on the sphere, the data by their covariance diag(scale^2).</summary>
    public static double Excess(double[] scale, double weight, int choice)
    {
        const int probes = 8, steps = 6_000;
        int d = scale.Length;
        double[] w = Dense.Random(5, d, d, 0.2, true), r = Dense.Transpose(w, d, d), identity = Dense.Scale(w, 0);
        for (int i = 0; i < d; i++) identity[(i * d) + i] = 1;
        var random = new PhiloxNormals(9);
        double[] covariance = Dense.Scale(w, 0);
        for (int i = 0; i < d; i++) covariance[(i * d) + i] = scale[i] * scale[i];
        for (int step = 0; step < steps; step++)
        {
            double rate = 0.02 * (1 - (step / (double)steps));
            // Of the penalty |(R W - I) x|^2: 2 R^T E S for W, 2 E S W^T for R.
            double[] error = Dense.Multiply(Dense.Add(Dense.Multiply(r, w, d, d, d), identity, -1), covariance, d, d, d);
            double[] gw = Dense.Add(Dense.Multiply(w, covariance, d, d, d), Dense.Multiply(Dense.Transpose(r, d, d), error, d, d, d), 2 * weight);
            double[] gr = Dense.Scale(Dense.Multiply(error, Dense.Transpose(w, d, d), d, d, d), 2 * weight);
            for (int p = 0; p < probes; p++)
            {
                double[] v = random.Take(d);
                double length = Math.Sqrt(v.Sum(a => a * a) / d);
                v = Dense.Scale(v, 1 / length);
                double[] rv = Dense.Multiply(r, v, d, d, 1), wv = Dense.Multiply(v, w, 1, d, d);
                double gap = rv.Zip(wv, (a, b) => a * b).Sum() - d;
                if (choice * gap > 0) gr = Dense.Add(gr, Dense.Multiply(wv, v, d, 1, d), 1.0 / probes);
                else gw = Dense.Add(gw, Dense.Multiply(v, rv, d, 1, d), -1.0 / probes);
            }
            (w, r) = (Dense.Add(w, gw, -rate), Dense.Add(r, gr, -rate));
        }
        double[] image = Dense.Multiply(Dense.Multiply(w, covariance, d, d, d), Dense.Transpose(w, d, d), d, d, d);
        double trace = Enumerable.Range(0, d).Sum(i => image[(i * d) + i]);
        return (0.5 * (trace - d)) - Dense.Invert(w, d).LogAbsDet - scale.Sum(Math.Log);
    }
}
