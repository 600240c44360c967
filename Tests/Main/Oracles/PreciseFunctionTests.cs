using Xunit;

namespace NativeFlow.Tests;

/// <summary>The oracle against constants with 34 digits from tables (as sums of two doubles), and against identities.</summary>
public sealed class PreciseFunctionTests
{
    [Fact]
    public void KnownConstants()
    {
        Near(new(2.718281828459045, 1.4456468917292502e-16), PreciseFunctions.Exp(1.0));
        Near(new(2.302585092994046, -2.1707562233822494e-16), PreciseFunctions.Log(10));
        Near(new(0.6931471805599453, 2.3190468138462996e-17), PreciseFunctions.Log1p(1.0));
        Near(new(0.6931471805599453, 2.3190468138462996e-17), PreciseFunctions.Softplus(0));
    }

    [Fact]
    public void Identities()
    {
        Random random = new(3);
        for (int i = 0; i < 300; i++)
        {
            double x = (random.NextDouble() - 0.5) * 20, wide = (random.NextDouble() - 0.5) * 2e6;
            DoubleDouble sin = PreciseFunctions.Sin(wide), cos = PreciseFunctions.Cos(wide);
            Near(1, (sin * sin) + (cos * cos));
            Near(1, PreciseFunctions.Exp(x) * PreciseFunctions.Exp(-x));
            Near(PreciseFunctions.Exp(x), PreciseFunctions.Expm1(x) + 1);
            Near(1, PreciseFunctions.Sigmoid(x) + PreciseFunctions.Sigmoid(-x));
            Near(x, PreciseFunctions.Softplus(x) - PreciseFunctions.Softplus(-x));
            DoubleDouble tanh = PreciseFunctions.Tanh(x);
            Near(tanh, (PreciseFunctions.Sigmoid(2 * x) * 2) - 1);
            Near(PreciseFunctions.Sin(2 * x), PreciseFunctions.Sin(x) * PreciseFunctions.Cos(x) * 2);
        }
    }

    [Fact]
    public void ErfAgreesWithItsAlternatingSeries()
    {
        foreach (double x in (double[])[0.1, 0.5, 0.85, 1, 1.5, 2])
        {
            DoubleDouble square = (DoubleDouble)x * x, power = x, sum = x;
            for (int n = 1; n < 80; n++)
            {
                power = -(power * square) / n;
                sum += power / ((2 * n) + 1);
            }
            Near(PreciseFunctions.Erf(x), sum * 2 / DoubleDouble.Sqrt(new(Math.PI, 1.2246467991473532e-16)), 1e-28);
        }
    }

    private static void Near(DoubleDouble wanted, DoubleDouble got, double tolerance = 1e-29)
    {
        DoubleDouble difference = got - wanted;
        Assert.True(Math.Abs(difference.High) <= tolerance * Math.Max(1, Math.Abs(wanted.High)), $"{got} is not {wanted}: off by {difference.High}");
    }
}
