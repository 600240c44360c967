using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Evaluation of a layer that records many values a row, a block of rows at a time: its memory does not grow with the batch. Only without gradients.</summary>
internal static class EvaluationBlocks<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int BlockElements = 1 << 16;

    /// <summary>Rows a block for values of <paramref name="widest"/> columns.</summary>
    public static int Rows(int widest) => Math.Max(1, BlockElements / widest);

    /// <summary>Whether a batch is to be taken apart.</summary>
    public static bool Apply(Tape<T> tape, Var x, in StepContext c, int rows) => !tape.RecordsGradients && c.Mode == FlowMode.Evaluate && x.Rows > rows;

    /// <summary>Runs the layer on every block; what a block records is forgotten.</summary>
    public static FlowStep Run(Tape<T> tape, IBijector<T> layer, Var x, in StepContext c, bool inverse, int rows)
    {
        Var output = tape.Allocate(x.Rows, x.Cols, needsGrad: false), logDet = tape.Allocate(x.Rows, 1, needsGrad: false);
        for (int start = 0; start < x.Rows; start += rows)
        {
            int count = Math.Min(rows, x.Rows - start);
            TapeMark mark = tape.Mark();
            Var block = x with { Offset = x.Offset + (start * x.Cols), Rows = count };
            FlowStep step = inverse ? layer.Inverse(tape, block, c) : layer.Forward(tape, block, c);
            if (step.Value != ValueKind.Exact || step.LogAbsDet.Rows != count) throw new InvalidOperationException($"{layer.Kind}: a block of rows must have an exact log-determinant a row; it is {step.Value}, {step.LogAbsDet.Shape}.");
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(step.Output), tape.ValueOf(output).Part(start * x.Cols, count * x.Cols));
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(step.LogAbsDet), tape.ValueOf(logDet).Part(start, count));
            tape.Release(mark);
        }
        return FlowStep.Exact(output, logDet);
    }
}
