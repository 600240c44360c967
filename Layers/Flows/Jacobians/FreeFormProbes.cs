using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Probes of the free-form surrogates, and who gets them.</summary>
internal static class FreeFormProbes<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Most probes a sample.</summary>
    public const int Most = 64;

    // Slices c, encoder, decoder [rows]: 1 where the probe goes to the one or the other, else 0.
    private static readonly KernelId ChooseId = CpuKernels<T>.Define("free-form-choose", static (in CpuArgs<T> a) =>
    {
        for (int r = 0; r < a[0].Length; r++)
        {
            bool decoder = a[0][r] > T.Zero;
            (a[1][r], a[2][r]) = decoder ? (T.Zero, T.One) : (T.One, T.Zero);
        }
    });

    /// <summary>Refuses a number of probes that cannot be orthogonal to each other.</summary>
    public static void Check(string what, int probes, int dimension)
    {
        if (probes < 1 || probes > Math.Min(Most, dimension)) throw new BadInputException($"{what}: probes is {probes}; it must lie between 1 and {Math.Min(Most, dimension)}, the number of directions ({dimension} features) or {Most}.");
    }

    /// <summary>
    /// Fills <paramref name="probes"/> with constants [rows x cols]: standard normal rows made orthogonal to the row's earlier probes and stretched to |v|^2 = cols, so
    /// that every one is uniform on the sphere and K of them have less variance than K independent ones (Draxler et al. 2024).
    /// </summary>
    public static void Draw(Tape<T> tape, int rows, int cols, ulong key, ulong step, Span<Var> probes)
    {
        for (int i = 0; i < probes.Length; i++)
        {
            Var v = Probes.Draw(tape, ProbeKind.Gaussian, rows, cols, key, step, i);
            // Twice is enough to be orthogonal to the last digit.
            for (int pass = 0; pass < 2 && i > 0; pass++)
                for (int j = 0; j < i; j++)
                    v = tape.Subtract(v, tape.Multiply(probes[j], tape.SumColumns(tape.Multiply(v, probes[j]), 1.0 / cols)));
            probes[i] = tape.Scale(tape.Divide(v, tape.RowNorm(v)), Math.Sqrt(cols));
        }
    }

    /// <summary>Constant columns [rows x 1] with 1 for the encoder's probes (c at most 0) and for the decoder's (c above 0).</summary>
    public static (Var Encoder, Var Decoder) Choose(Tape<T> tape, Var c)
    {
        Var encoder = tape.Allocate(c.Rows, 1, needsGrad: false), decoder = tape.Allocate(c.Rows, 1, needsGrad: false);
        tape.Backend.Run(ChooseId, new KernelArgs([tape.ValueOf(c), tape.ValueOf(encoder), tape.ValueOf(decoder)]));
        return (encoder, decoder);
    }
}
