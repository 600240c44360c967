using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Hutch++: tr A = tr(Q^T A Q) + tr((I - QQ^T) A (I - QQ^T)) for orthonormal Q, the first part computed, the second by probes (Meyer et al. 2021, algorithm 1).</summary>
/// <remarks>
/// Q spans A^T times random signs, so that little is left to the probes where the spectrum decays: exact where the rank is at most the sketch's. Q differs from sample to
/// sample and is held constant: for each Q the estimate is unbiased, hence its gradient too.
/// Cost: 2 sketch + probes products with A^T, of which sketch stay outside the gradient, and 4 sketch (sketch + probes) D flops a sample.
/// </remarks>
public static class HutchPlusPlus
{
    // Far from the indices of the probes of the same step.
    private const int SketchIndex = 1 << 22;

    private static ReadOnlySpan<double> One => [1];

    /// <summary>The usual division of m products J^T v: a third for the sketch, a third for the exact part, a third for the probes.</summary>
    /// <param name="products">m, at least 3.</param>
    /// <param name="kind">Distribution of the probes.</param>
    /// <exception cref="ArgumentException">Fewer than 3 products.</exception>
    public static ProbeSettings Thirds(int products, ProbeKind kind)
    {
        if (products < 3) throw new ArgumentException($"HutchPlusPlus: {products} products; there must be at least 3.");
        return new ProbeSettings(products - (2 * (products / 3)), kind, products / 3);
    }

    /// <summary>Records the estimate of tr J_b for every sample, [rows x 1].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output [rows x D].</param>
    /// <param name="input">Input [rows x D].</param>
    /// <param name="probes">Probes and sketch.</param>
    /// <param name="key">Seed of the layer.</param>
    /// <param name="step">Training step.</param>
    /// <exception cref="ArgumentException">The sketch is empty or larger than D.</exception>
    public static Var Record<T>(Tape<T> tape, Var output, Var input, ProbeSettings probes, ulong key, long step) where T : unmanaged, IFloatingPointIeee754<T>
        => RecordSeries(tape, output, input, probes, One, key, step);

    /// <summary>Records the estimate of sum_k (-1)^(k+1) c_k / k tr J_b^k for every sample, [rows x 1]: A is the whole series.</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output [rows x D].</param>
    /// <param name="input">Input [rows x D].</param>
    /// <param name="probes">Probes and sketch.</param>
    /// <param name="weights">c_1, c_2, ...; at least one.</param>
    /// <param name="key">Seed of the layer.</param>
    /// <param name="step">Training step.</param>
    /// <exception cref="ArgumentException">The sketch is empty or larger than D.</exception>
    public static Var RecordSeries<T>(Tape<T> tape, Var output, Var input, ProbeSettings probes, ReadOnlySpan<double> weights, ulong key, long step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = input.Rows, d = input.Cols, sketch = probes.Sketch;
        if (sketch < 1) throw new ArgumentException($"HutchPlusPlus: the sketch is {sketch}; it must be at least 1.");
        Var q = tape.Allocate(sketch * rows, d, needsGrad: false), rest = probes.DrawAll(tape, input, key, step);
        for (int i = 0; i < sketch; i++)
        {
            TapeMark mark = tape.Mark();
            Var signs = Probes.Draw(tape, ProbeKind.Rademacher, rows, d, key, (ulong)step, SketchIndex + i);
            SeriesProduct.Fill(tape, output, input, signs, weights, 0, divided: true, Probes.Part(q, rows, i));
            tape.Release(mark);
        }
        OrthonormalRows.Orthonormalise(tape, q, sketch, 1);
        OrthonormalRows.TakeOut(tape, q, sketch, rest, probes.Count);
        Var computed = Var.None, estimated = Var.None;
        for (int i = 0; i < sketch; i++) computed = probes.Plus(tape, computed, PowerSeries.Record(tape, output, input, Probes.Part(q, rows, i), weights));
        // Nothing is left beside a sketch of all directions.
        if (sketch == d) return computed;
        for (int i = 0; i < probes.Count; i++) estimated = probes.Plus(tape, estimated, PowerSeries.Record(tape, output, input, Probes.Part(rest, rows, i), weights));
        return tape.Add(computed, probes.Mean(tape, estimated));
    }
}
