using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>x ~ N(output, s^2 I) with a fixed variance s^2: log p = log N((x - output)/s; 0, I) - D log s.</summary>
public sealed class GaussianLikelihood<T> : IDecoderLikelihood<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _deviation;

    /// <summary>Makes it.</summary>
    /// <exception cref="ArgumentException">The variance is not above 0.</exception>
    public GaussianLikelihood(double variance = 1)
    {
        if (!(variance > 0 && double.IsFinite(variance))) throw new ArgumentException($"variance is {variance}; it must be above 0 and finite.");
        Variance = variance;
        _deviation = Math.Sqrt(variance);
    }

    /// <summary>s^2.</summary>
    public double Variance { get; }

    /// <inheritdoc/>
    public string Kind => "gaussian";

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var x, Var output)
    {
        Var residual = tape.Subtract(output, x);
        if (_deviation == 1) return tape.StandardNormalLogProb(residual);
        return tape.AddConstant(tape.StandardNormalLogProb(tape.Scale(residual, 1 / _deviation)), -x.Cols * Math.Log(_deviation));
    }

    /// <inheritdoc/>
    public Var Mean(Tape<T> tape, Var output) => output;

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, Var output, ulong key, ulong stream)
        => tape.Add(output, tape.Scale(DistributionNoise.Gaussian(tape, output.Rows, output.Cols, key, stream), _deviation));

    /// <inheritdoc/>
    public void Check(ReadOnlySpan<T> x)
    {
        foreach (T v in x)
            if (!T.IsFinite(v)) throw new BadInputException($"The data holds {v}; a Gaussian likelihood takes finite numbers, leave such rows out.");
    }
}
