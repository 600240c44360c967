using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>log det(I + J) = sum_k (-1)^(k+1) / k tr J^k for |J| below 1, each trace through one probe: sum_k (-1)^(k+1) c_k / k e^T J^k e.</summary>
/// <remarks>
/// One backward pass of the map a term. With c_k = 1 for k up to n the mean is the series cut after n terms, at most D sum over k above n of c^k / k off,
/// c the norm of J; with <see cref="RussianRoulette"/> weights the mean is the whole series. Sources: Behrmann et al. 2019; Chen et al. 2019.
/// </remarks>
public static class PowerSeries
{
    /// <summary>Records the estimate for every sample, [rows x 1]; gradients flow through every term.</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output g(x) [rows x D] of the map whose Jacobian is J.</param>
    /// <param name="input">Input x [rows x D].</param>
    /// <param name="probe">Probes e [rows x D], constants.</param>
    /// <param name="weights">c_1, c_2, ...; at least one.</param>
    public static Var Record<T>(Tape<T> tape, Var output, Var input, Var probe, ReadOnlySpan<double> weights) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (weights.IsEmpty) throw new ArgumentException("PowerSeries: no weights; the series needs one term or more.");
        Var product = probe, sum = Var.None;
        for (int k = 1; k <= weights.Length; k++)
        {
            product = tape.Vjp(output, input, product);
            double factor = (k % 2 == 1 ? 1 : -1) * weights[k - 1] / k;
            Var term = tape.SumColumns(tape.Multiply(product, probe), factor);
            sum = sum.IsNone ? term : tape.Add(sum, term);
        }
        return sum;
    }

    /// <summary>Records the estimate by all probes of a step, plain or beside a sketch: their mean for every sample, [rows x 1].</summary>
    internal static Var Record<T>(Tape<T> tape, Var output, Var input, ProbeSettings probes, ReadOnlySpan<double> weights, ulong key, long step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (probes.Sketch > 0) return HutchPlusPlus.RecordSeries(tape, output, input, probes, weights, key, step);
        Var all = probes.DrawAll(tape, input, key, step), sum = Var.None;
        for (int i = 0; i < probes.Count; i++) sum = probes.Plus(tape, sum, Record(tape, output, input, Probes.Part(all, input.Rows, i), weights));
        return probes.Mean(tape, sum);
    }
}
