using NativeFlow.Kernels;

namespace NativeFlow.Cli.Stability;

/// <summary>The most that a map stretches over some points, from singular values of its Jacobians.</summary>
/// <param name="Dimension">D.</param>
/// <param name="All">Whether all singular values are asked for, or the largest alone.</param>
internal sealed record StabilityStretch(int Dimension, bool All)
{
    private const double Vanishing = 1e-140;

    /// <summary>Largest singular value of J; infinite where a Jacobian is not finite.</summary>
    public double Forward { get; private set; }

    /// <summary>Largest singular value of J^-1; infinite where a Jacobian is not finite.</summary>
    public double Inverse { get; private set; }

    /// <summary>Largest condition number; infinite where a Jacobian is not finite.</summary>
    public double Condition { get; private set; }

    /// <summary>Points looked at.</summary>
    public int Points { get; private set; }

    /// <summary>Of these, points whose singular values are beyond what double resolves; the largest are over the others.</summary>
    public int NoNumber { get; private set; }

    /// <summary>Takes in a point.</summary>
    /// <param name="jacobian">[D x D]; overwritten.</param>
    public void Add(double[] jacobian)
    {
        int d = Dimension;
        Points++;
        if (!jacobian.All(double.IsFinite))
        {
            (Forward, Inverse, Condition) = (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
            return;
        }

        // Far out elements reach 1e200, whose squares overflow: the largest is brought to 1 by a power of two, and what vanishes beside it is 0.
        int power = Math.ILogB(Math.Max(jacobian.Max(Math.Abs), double.Epsilon));
        for (int i = 0; i < jacobian.Length; i++)
        {
            double scaled = Math.ScaleB(jacobian[i], -power);
            jacobian[i] = Math.Abs(scaled) < Vanishing ? 0 : scaled;
        }

        var s = new double[d];
        try
        {
            Decompose(jacobian, s);
        }
        catch (ArithmeticException)
        {
            // The rotations did not converge: counted, and shown in the table.
            NoNumber++;
            return;
        }

        Forward = Math.Max(Forward, Math.ScaleB(s[0], power));
        if (All) (Inverse, Condition) = (Math.Max(Inverse, Math.ScaleB(1 / s[^1], -power)), Math.Max(Condition, s[0] / s[^1]));
    }

    private void Decompose(double[] jacobian, double[] s)
    {
        int d = Dimension;
        if (All)
        {
            Svd.Values<double>(jacobian, d, d, s);
            return;
        }

        // Far from the data the condition is beyond what one-sided rotations resolve, and the largest alone is asked for: from J^T J.
        var square = new double[d * d];
        for (int i = 0; i < d * d; i++)
            for (int k = 0; k < d; k++) square[i] += jacobian[(k * d) + (i / d)] * jacobian[(k * d) + (i % d)];
        var ascending = new double[d];
        SymmetricEigen.Decompose<double>(square, d, ascending, new double[d * d]);
        s[0] = Math.Sqrt(ascending[^1]);
    }
}
