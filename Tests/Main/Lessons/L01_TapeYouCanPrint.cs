using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Lesson 1, docs/tour/01-a-tape-you-can-print.md: its code and every number it states.</summary>
public sealed class L01_TapeYouCanPrint
{
    [Fact]
    public void A_tape_records_prints_and_walks_back()
    {
        #region record
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        Var x = tape.Input([1, 2], rows: 1, cols: 2, needsGrad: true);
        Var w = tape.Input([3, 0, 1, -1], rows: 2, cols: 2, needsGrad: true);
        Var z = tape.MatMul(x, w, transposeB: true);
        Var loss = tape.Sum(z, 0.5);
        #endregion
        var values = new double[2];
        tape.Read(z, values);
        Assert.Equal([3, -1], values);
        Assert.Equal(1, tape.Scalar(loss));

        #region print
        string table = tape.Print();
        string explained = tape.Explain(0);
        #endregion
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("matmul", lines[0], StringComparison.Ordinal);
        Assert.Contains("sum", lines[1], StringComparison.Ordinal);
        Assert.Contains("docs/ops/", explained, StringComparison.Ordinal);

        #region backward
        tape.BeginBackward(loss, [1.0]);
        int first = tape.StepBackward();
        int second = tape.StepBackward();
        int end = tape.StepBackward();
        #endregion
        Assert.Equal((1, 0, -1), (first, second, end));

        #region read
        var gradX = new double[2];
        var gradW = new double[4];
        tape.ReadGrad(x, gradX);
        tape.ReadGrad(w, gradW);
        #endregion
        Assert.Equal([2, -0.5], gradX);
        Assert.Equal([0.5, 1, 0.5, 1], gradW);
    }
}
