using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Substitution through a masked convolution at sizes around its blocks and vectors: the solution convolved gives the right-hand side, and the kernels agree.</summary>
public sealed class ConvSubstitutionTests
{
    // Channels, rows, columns, kernel rows, kernel columns, images.
    public static TheoryData<int, int, int, int, int, int> Sizes => new()
    {
        { 1, 1, 1, 1, 1, 1 }, { 1, 5, 4, 2, 2, 3 }, { 3, 4, 5, 2, 2, 17 }, { 7, 3, 2, 2, 3, 16 }, { 8, 2, 3, 3, 2, 33 }, { 9, 3, 3, 2, 2, 8 }, { 17, 2, 2, 2, 2, 5 }, { 24, 2, 1, 3, 3, 2 }, { 2, 2, 2, 4, 4, 31 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SolutionsAreRightInDouble(int channels, int height, int width, int kernelHeight, int kernelWidth, int rows)
        => Check<double>(new ConvShape(channels, channels, height, width, kernelHeight, kernelWidth, kernelHeight - 1, kernelWidth - 1), rows, 1e-13);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SolutionsAreRightInSingle(int channels, int height, int width, int kernelHeight, int kernelWidth, int rows)
        => Check<float>(new ConvShape(channels, channels, height, width, kernelHeight, kernelWidth, kernelHeight - 1, kernelWidth - 1), rows, 3e-6);

    private static void Check<T>(ConvShape shape, int rows, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var reference = new ReferenceBackend<T>();
        using var one = new SimdBackend<T>(1);
        using var three = new SimdBackend<T>(3);
        int channels = shape.InChannels;
        T[] z = [.. Dense.Random(1, rows, shape.InLength).Select(T.CreateTruncating)], w = [.. Dense.Random(2, channels, shape.WeightColumns).Select(v => T.CreateTruncating(0.3 * v / channels))], masked = [.. w];
        for (int o = 0; o < channels; o++)
            for (int c = o; c < channels; c++)
            {
                int at = (((o * channels) + c + 1) * shape.Taps) - 1;
                // What the mask takes out must not be read.
                w[at] = c == o ? T.One + w[at] : T.NaN;
                masked[at] = c == o ? w[at] : T.Zero;
            }
        foreach (bool transpose in (bool[])[false, true])
        {
            T[] expected = Solve(reference, z, w, shape, rows, transpose), simd = Solve(one, z, w, shape, rows, transpose);
            BijectorChecks.Close("kernels", Wide(simd), Wide(expected), tolerance);
            Assert.Equal(simd, Solve(three, z, w, shape, rows, transpose));
            Assert.Equal(simd[^shape.InLength..], Solve(one, z[^shape.InLength..], w, shape, 1, transpose));
            using var tape = new Tape<T>(reference);
            Var x = tape.Input(simd, rows, shape.InLength), kernel = tape.Input(masked, channels, shape.WeightColumns);
            var back = new T[z.Length];
            tape.Read(transpose ? tape.Conv2d(x, tape.MirrorKernel(kernel, shape), shape.Transposed) : tape.Conv2d(x, kernel, shape), back);
            BijectorChecks.Close("residual", Wide(back), Wide(z), tolerance);
        }
    }

    private static T[] Solve<T>(IBackend<T> backend, T[] z, T[] w, ConvShape shape, int rows, bool transpose) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(backend);
        var x = new T[z.Length];
        tape.Read(tape.ConvSubstitution(tape.Input(z, rows, shape.InLength), tape.Input(w, shape.OutChannels, shape.WeightColumns), shape, transpose), x);
        return x;
    }

    private static double[] Wide<T>(T[] values) where T : unmanaged, IFloatingPointIeee754<T> => Array.ConvertAll(values, static v => double.CreateTruncating(v));
}
