using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A series in J^T times a vector, outside the gradient and in memory that does not grow with the terms.</summary>
internal static class SeriesProduct
{
    /// <summary>Writes first e + sum_k (-1)^k f_k (J^T)^k e, with f_k = weights_k or, divided, -weights_k / k, into <paramref name="destination"/> [rows x D].</summary>
    public static void Fill<T>(Tape<T> tape, Var output, Var input, Var probe, ReadOnlySpan<double> weights, double first, bool divided, Var destination) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        TapeMark mark = tape.Mark();
        try
        {
            Var product = probe, sum = tape.Scale(probe, first);
            for (int k = 1; k <= weights.Length; k++)
            {
                product = tape.Vjp(output, input, product);
                sum = AddOp<T>.Record(tape, sum, product, (k % 2 == 1 ? -1 : 1) * (divided ? -weights[k - 1] / k : weights[k - 1]));
            }
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(sum), tape.ValueOf(destination));
        }
        finally
        {
            tape.Release(mark);
            tape.RecordsGradients = recorded;
        }
    }
}
