using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The dense matrix of a convolution is the convolution.</summary>
public sealed class ConvMatrixTests
{
    public static TheoryData<int, int, int, int, int, bool> Shapes => new()
    {
        { 1, 1, 4, 5, 3, false }, { 2, 3, 3, 4, 3, false }, { 3, 2, 5, 1, 5, false }, { 2, 2, 2, 2, 5, true }, { 2, 2, 3, 4, 3, true }, { 4, 4, 1, 1, 1, false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void TimesAnImageIsTheConvolution(int inputs, int outputs, int height, int width, int kernel, bool circular)
    {
        var shape = ConvShape.Same(inputs, outputs, height, width, kernel, circular);
        var random = new Random(3);
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        Var x = tape.Input(Draw(random, 3 * shape.InLength), 3, shape.InLength), w = tape.Input(Draw(random, shape.WeightLength), outputs, shape.WeightColumns);
        double[] z = new double[3 * shape.OutLength], product = new double[z.Length];
        tape.Read(tape.Conv2d(x, w, shape), z);
        tape.Read(tape.MatMul(x, tape.ConvMatrix(w, shape), transposeB: true), product);
        for (int i = 0; i < z.Length; i++) Assert.Equal(z[i], product[i], 1e-13 * (1 + Math.Abs(z[i])));
    }

    private static double[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => InputSpec.Gaussian(random))];
}
