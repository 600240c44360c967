using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>p(x | decoder output): independent features.</summary>
public interface IDecoderLikelihood<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name in a recipe.</summary>
    string Kind { get; }

    /// <summary>Records log p(x | output) in nats [batch x 1].</summary>
    /// <param name="tape">Where.</param>
    /// <param name="x">Data [batch x D].</param>
    /// <param name="output">Decoder output [batch x D].</param>
    Var LogProb(Tape<T> tape, Var x, Var output);

    /// <summary>Records the mean of x [batch x D].</summary>
    Var Mean(Tape<T> tape, Var output);

    /// <summary>Records a draw of x [batch x D], a function of (key, stream, element).</summary>
    Var Sample(Tape<T> tape, Var output, ulong key, ulong stream);

    /// <summary>Refuses data that it gives no probability to.</summary>
    /// <exception cref="BadInputException">A value is out of its range.</exception>
    void Check(ReadOnlySpan<T> x);
}
