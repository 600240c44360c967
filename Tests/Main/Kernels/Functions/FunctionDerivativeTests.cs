using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Derivatives against central differences of the values, in double.</summary>
public sealed class FunctionDerivativeTests
{
    public static TheoryData<string> All => FunctionCases.All;

    [Theory, MemberData(nameof(All))]
    public void DerivativesAreTheSlopes(string name) => FunctionCases.Dispatch(name, new Slopes());

    private sealed class Slopes : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF single, TD f, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            foreach (double x in ElementwiseTests.Sample<double>(200, from, to, 9))
            {
                // Away from the kink of the piecewise ones; h balances truncation and rounding.
                double h = 1e-4 * Math.Max(0.02, Math.Min(1, Math.Abs(x)));
                if (Math.Abs(x) < 4 * h) continue;
                double y = f.Value(x);
                // Fourth-order central difference.
                double slope = ((8 * (f.Value(x + h) - f.Value(x - h))) - (f.Value(x + (2 * h)) - f.Value(x - (2 * h)))) / (12 * h);
                double curve = ((8 * (Slope(f, x + h) - Slope(f, x - h))) - (Slope(f, x + (2 * h)) - Slope(f, x - (2 * h)))) / (12 * h);
                Near(slope, f.Derivative(x, y), $"{f.Name}'({x})");
                Near(curve, f.SecondDerivative(x, y), $"{f.Name}''({x})");
                double logSlope = f.LogDerivative(x, y);
                Assert.True(f.Derivative(x, y) == 0 ? double.IsNegativeInfinity(logSlope) : Math.Abs(Math.Log(Math.Abs(f.Derivative(x, y))) - logSlope) < 1e-9, $"log {f.Name}'({x}) = {logSlope}");
            }
        }

        private static double Slope<TD>(TD f, double x) where TD : struct, IUnaryFunction<double> => f.Derivative(x, f.Value(x));

        private static void Near(double wanted, double got, string what) =>
            Assert.True(Math.Abs(wanted - got) <= 1e-7 * Math.Max(1, Math.Abs(wanted)), $"{what} = {got:R}, differences say {wanted:R}");
    }
}
