using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>e^T J e: the trace of a Jacobian in the mean over probes e with unit covariance, by one backward pass of the map (Hutchinson 1989; Grathwohl et al. 2019).</summary>
/// <remarks>Its variance is <see cref="VarianceOf"/>: what J's symmetric part S holds beside the trace makes the noise.</remarks>
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

    /// <summary>Variance of the mean of <paramref name="count"/> estimates e^T J e by formula, in squares of the trace's unit. D^2 flops.</summary>
    /// <remarks>
    /// With S = (J + J^T) / 2 and t = tr J. Independent probes, divided by k: Gaussian 2 |S|^2, Rademacher 2 (|S|^2 - sum s_ii^2), sphere 2 D / (D + 2) (|S|^2 - t^2 / D).
    /// Orthonormal: 2 D (D - k) / (k (D - 1) (D + 2)) (|S|^2 - t^2 / D).
    /// </remarks>
    /// <param name="kind">Distribution.</param>
    /// <param name="count">Probes k; of orthonormal ones at most D.</param>
    /// <param name="jacobian">J [D x D].</param>
    /// <param name="dimension">D.</param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    public static double VarianceOf(ProbeKind kind, int count, ReadOnlySpan<double> jacobian, int dimension)
    {
        if (dimension < 1 || jacobian.Length != dimension * dimension) throw new ArgumentException($"HutchinsonTrace: J holds {jacobian.Length} numbers, D is {dimension}; it must hold D^2.");
        if (count < 1 || (kind == ProbeKind.Orthonormal && count > dimension)) throw new ArgumentException($"HutchinsonTrace: {count} probes of {dimension} features; there must be at least 1, and of orthonormal ones at most {dimension}.");
        double across = 0, diagonal = 0, trace = 0;
        for (int i = 0; i < dimension; i++)
        {
            double a = jacobian[(i * dimension) + i];
            trace += a;
            diagonal += a * a;
            for (int j = 0; j < i; j++)
            {
                double s = (jacobian[(i * dimension) + j] + jacobian[(j * dimension) + i]) / 2;
                across += 2 * s * s;
            }
        }
        // |S|^2 - t^2 / D as a sum of squares, or it would cancel for J near a multiple of I.
        double spread = across;
        for (int i = 0; i < dimension; i++) spread += Square(jacobian[(i * dimension) + i] - (trace / dimension));
        double d = dimension, k = count;
        return kind switch
        {
            ProbeKind.Rademacher => 2 * across / k,
            ProbeKind.Gaussian => 2 * (across + diagonal) / k,
            ProbeKind.Sphere => 2 * d / (d + 2) * spread / k,
            ProbeKind.Orthonormal => count == dimension ? 0 : 2 * d * (d - k) / (k * (d - 1) * (d + 2)) * spread,
            _ => throw new ArgumentException($"HutchinsonTrace: there is no kind of probe {kind}."),
        };
    }

    private static double Square(double x) => x * x;
}
