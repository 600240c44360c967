using System.Numerics;
using System.Numerics.Tensors;

namespace NativeFlow.Kernels;

/// <summary>
/// Sets numbers to zero that are too small to matter beside the largest one of the same matrix and too small to multiply: subnormal numbers cost a
/// hundred times as much as others. An inverse whose elements decay away from the diagonal is full of them.
/// </summary>
internal static class TinyNumbers
{
    /// <summary>Clears what is smaller than 2^-63 (float) or 2^-511 (double) of the largest: products of two numbers that stay are normal. Far below rounding.</summary>
    public static void Clear<T>(Span<T> x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (x.IsEmpty) return;
        T bound = T.Abs(TensorPrimitives.MaxMagnitude<T>(x)) * Share<T>();
        // Of a matrix with something that is not finite nothing is judged.
        if (!T.IsFinite(bound)) return;
        int i = 0;
        var least = new Vector<T>(bound);
        for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var v = new Vector<T>(x[i..]);
            Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(v), least), Vector<T>.Zero, v).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
            if (T.Abs(x[i]) < bound) x[i] = T.Zero;
    }

    // The root of the smallest normal number.
    private static T Share<T>() where T : unmanaged, IFloatingPointIeee754<T> => T.ScaleB(T.One, typeof(T) == typeof(float) ? -63 : -511);
}
