using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>e^T J e: the trace of a Jacobian in the mean over probes e with unit covariance, by one backward pass of the map (Hutchinson 1989; Grathwohl et al. 2019).</summary>
/// <remarks>Variance with S = (J + J^T) / 2: Rademacher 2 (|S|^2 - sum s_ii^2), Gaussian 2 |S|^2.</remarks>
public static class HutchinsonTrace
{
    /// <summary>Records e_b^T J_b e_b for every sample, [rows x 1].</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Output [rows x D].</param>
    /// <param name="input">Input [rows x D].</param>
    /// <param name="probe">Probes e [rows x D], constants.</param>
    public static Var Record<T>(Tape<T> tape, Var output, Var input, Var probe) where T : unmanaged, IFloatingPointIeee754<T>
        => OfProduct(tape, tape.Vjp(output, input, probe), probe);

    /// <summary>Records e_b . w_b for w = J^T e that is there already.</summary>
    public static Var OfProduct<T>(Tape<T> tape, Var product, Var probe) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.SumColumns(tape.Multiply(product, probe));
}
