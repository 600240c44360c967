using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>x in {0, 1} with P(x = 1) = s(output), on logits: log p = sum of log s((2x - 1) output), which loses no digits at large logits.</summary>
public sealed class BernoulliLikelihood<T> : IDecoderLikelihood<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Kind => "bernoulli";

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var x, Var output)
    {
        Var sign = tape.AddConstant(tape.Scale(x, 2), -1);
        return tape.SumColumns(tape.LogSigmoid(tape.Multiply(output, sign)));
    }

    /// <inheritdoc/>
    public Var Mean(Tape<T> tape, Var output) => tape.Sigmoid(output);

    /// <inheritdoc/>
    /// <remarks>x = 1 where a logistic number is below the logit: made by the host, for pictures.</remarks>
    public Var Sample(Tape<T> tape, Var output, ulong key, ulong stream)
    {
        T[] logits = new T[output.Length];
        var uniform = new double[output.Length];
        tape.Read(output, logits);
        DistributionNoise.Fill(key, stream, uniform);
        for (int i = 0; i < logits.Length; i++) logits[i] = uniform[i] < SpecialFunctions.Sigmoid(double.CreateTruncating(logits[i])) ? T.One : T.Zero;
        return tape.Input(logits, output.Rows, output.Cols);
    }

    /// <inheritdoc/>
    public void Check(ReadOnlySpan<T> x)
    {
        foreach (T v in x)
            if (v != T.Zero && v != T.One) throw new BadInputException($"The data holds {v}; a Bernoulli likelihood takes 0 and 1 only, binarise the data first.");
    }
}
