using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>x^ = M z^ for all frequencies of all images, a vector of frequencies at a time.</summary>
internal static unsafe class SpectrumProduct<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Multiply(int batch, int channels, int frequencies, ReadOnlySpan<T> matrices, ReadOnlySpan<T> z, Span<T> x, bool adjoint)
    {
        fixed (T* pm = matrices, pz = z, px = x)
            for (int b = 0; b < batch; b++)
                for (int c = 0; c < channels; c++)
                {
                    int f = 0;
                    T* image = pz + ((nint)b * channels * 2 * frequencies), to = px + ((((nint)b * channels) + c) * 2 * frequencies);
                    // Matrix element (c, o), or (o, c) of the adjoint.
                    T* row = pm + ((nint)(adjoint ? c : c * channels) * 2 * frequencies);
                    nint step = (nint)(adjoint ? channels : 1) * 2 * frequencies;
                    for (; f <= frequencies - Vector<T>.Count; f += Vector<T>.Count) Stretch<VectorLane<T>>(channels, frequencies, row + f, step, image + f, to + f, adjoint);
                    for (; f < frequencies; f++) Stretch<ScalarLane<T>>(channels, frequencies, row + f, step, image + f, to + f, adjoint);
                }
    }

    private static void Stretch<TLane>(int channels, int frequencies, T* m, nint step, T* z, T* x, bool adjoint)
        where TLane : struct, ILane<TLane, T>
    {
        TLane re = TLane.Constant(0), im = TLane.Constant(0);
        for (int o = 0; o < channels; o++, m += step, z += 2 * frequencies)
        {
            TLane mr = TLane.Load(m), mi = TLane.Load(m + frequencies), zr = TLane.Load(z), zi = TLane.Load(z + frequencies);
            if (adjoint) mi = -mi;
            re = TLane.MultiplyAdd(mr, zr, TLane.MultiplyAdd(-mi, zi, re));
            im = TLane.MultiplyAdd(mr, zi, TLane.MultiplyAdd(mi, zr, im));
        }
        TLane.Store(re, x);
        TLane.Store(im, x + frequencies);
    }
}
