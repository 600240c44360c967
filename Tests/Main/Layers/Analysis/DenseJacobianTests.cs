using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class DenseJacobianTests
{
    private const int D = 5;

    [Fact]
    public void It_is_that_of_differences_and_its_determinant_the_flows_own()
    {
        using var flow = new Flow<double>([new Linear<double>(D), new SmoothLeakyRelu<double>(D, 0.3), new Linear<double>(D)], new StandardNormal<double>(D), 3, new ReferenceBackend<double>());
        double[] x = new PhiloxNormals(7).Take(D);
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        double[] jacobian = DenseJacobian.Of<double>(tape, x, (t, v) => flow.Forward(t, v, new StepContext()).Output);

        double[] expected = BruteForceJacobian.ByDifferences(x, 1e-3, row =>
        {
            tape.Reset();
            var z = new double[D];
            tape.Read(flow.Forward(tape, tape.Input(row, 1, D), new StepContext()).Output, z);
            return z;
        });
        Dense.Close("J", expected, jacobian, 1e-8);

        tape.Reset();
        double logDet = tape.Scalar(flow.Forward(tape, tape.Input(x, 1, D), new StepContext()).LogAbsDet);
        Assert.Equal(logDet, DenseJacobian.LogAbsDet(jacobian, D), 1e-12);
        Assert.Equal(BruteForceJacobian.LogAbsDet(jacobian, D), DenseJacobian.LogAbsDet(jacobian, D), 1e-12);
        Assert.Equal(double.NegativeInfinity, DenseJacobian.LogAbsDet(new double[D * D], D));
    }
}
