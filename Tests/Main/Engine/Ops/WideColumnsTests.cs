using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Picking and binning of more columns than the kernels take at a time, against plain loops, forward and backward.</summary>
public sealed class WideColumnsTests
{
    [Theory]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(3000)]
    public void PickingAndBinningOfManyColumnsAreExact(int cols)
    {
        const int Rows = 3;
        using var backend = new SimdBackend<float>(1);
        using var tape = new Tape<float>(backend);
        int[] index = [.. Enumerable.Range(0, cols).Select(j => (int)((j * 7919L) + (j / 5)) % cols)];
        float[] x = [.. Enumerable.Range(0, Rows * cols).Select(i => MathF.Sin(i))], picked = new float[x.Length], binned = new float[x.Length];
        for (int r = 0; r < Rows; r++)
        {
            for (int j = 0; j < cols; j++)
            {
                picked[(r * cols) + j] = x[(r * cols) + index[j]];
                binned[(r * cols) + index[j]] += x[(r * cols) + j];
            }
        }
        Var input = tape.Input(x, Rows, cols, needsGrad: true), list = tape.Input([.. index.Select(k => (float)k)], 1, cols);
        Assert.Equal(picked, Read(tape, tape.GatherColumns(input, list)));
        Assert.Equal(binned, Read(tape, tape.ScatterAddColumns(input, list, cols)));
        // The adjoint of each is the other; both add to a gradient that is there.
        Var ct = tape.Input(x, Rows, cols);
        tape.Backward(tape.Add(tape.Sum(tape.Multiply(ct, tape.GatherColumns(input, list))), tape.Sum(tape.Multiply(ct, tape.ScatterAddColumns(input, list, cols)))));
        var gradient = new float[x.Length];
        tape.ReadGrad(input, gradient);
        for (int i = 0; i < gradient.Length; i++) Assert.Equal(picked[i] + binned[i], gradient[i], 1e-5f);
    }

    [Fact]
    public void AWrongIndexFarOutIsNamed()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var index = new double[2000];
        index[1500] = 3;
        Var x = tape.Input([1, 2, 3], 1, 3), list = tape.Input(index, 1, index.Length), wide = tape.Input(new double[index.Length], 1, index.Length);
        Assert.Contains("index number 1500 is 3", Assert.Throws<ArgumentException>(() => tape.GatherColumns(x, list)).Message, StringComparison.Ordinal);
        Assert.Contains("index number 1500 is 3", Assert.Throws<ArgumentException>(() => tape.ScatterAddColumns(wide, list, 3)).Message, StringComparison.Ordinal);
    }

    private static float[] Read(Tape<float> tape, Var v)
    {
        var values = new float[v.Length];
        tape.Read(v, values);
        return values;
    }
}
