using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The gradient of log det(I + J) and nothing else: v^T (dJ) e with the constant v = sum_k (-1)^k c_k (J^T)^k e, c_0 = 1 (Chen et al. 2019, eq. 8).</summary>
/// <remarks>The value v^T J e that carries it is no log-determinant. Memory does not grow with the number of terms: the series is summed outside the gradient and forgotten.</remarks>
public static class NeumannSeries
{
    /// <summary>Records v^T J e for every sample, [rows x 1].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output g(x) [rows x D] of the map whose Jacobian is J.</param>
    /// <param name="input">Input x [rows x D].</param>
    /// <param name="probe">Probes e [rows x D], constants.</param>
    /// <param name="weights">c_1, c_2, ...; none leaves v = e.</param>
    public static Var Record<T>(Tape<T> tape, Var output, Var input, Var probe, ReadOnlySpan<double> weights) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var v = tape.Allocate(probe.Rows, probe.Cols, needsGrad: false);
        SeriesProduct.Fill(tape, output, input, probe, weights, 1, divided: false, v);
        return HutchinsonTrace.OfProduct(tape, tape.Vjp(output, input, v), probe);
    }
}
