using System.Globalization;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Refuses inputs of maps that live on an interval.</summary>
internal static class DomainGuard
{
    /// <summary>Throws for the first element outside [low, high], or outside (low, high) where <paramref name="open"/>. NaN passes, to stay visible.</summary>
    /// <exception cref="OutsideDomainException">An element lies outside; the message names it.</exception>
    public static void Require<T>(Tape<T> tape, string what, Var x, double low, double high, bool open = false) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TapeMark start = tape.Mark();
        Var found = tape.Allocate(1, 2, false);
        tape.Backend.Run(Kernels<T>.Outside, new KernelArgs([tape.ValueOf(x), tape.ValueOf(found)], [x.Cols, open ? 1 : 0], [low, high]));
        Span<T> place = stackalloc T[2];
        tape.Read(found, place);
        tape.Release(start);
        if (place[0] < T.Zero) return;
        int row = int.CreateTruncating(place[0]), column = int.CreateTruncating(place[1]);
        T value = tape.Scalar(x.Element((row * x.Cols) + column));
        throw new OutsideDomainException(string.Create(
            CultureInfo.InvariantCulture, $"{what}: row {row}, column {column} is {value}, outside {(open ? '(' : '[')}{low:G6}, {high:G6}{(open ? ')' : ']')}; scale the values into it, or choose a map of the whole line."));
    }

    private static class Kernels<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Slices x, found; sizes columns, open; reals low, high. Found: row and column of the first outside, row -1 for none.
        public static readonly KernelId Outside = CpuKernels<T>.Define("outside-interval", static (in CpuArgs<T> a) =>
        {
            T low = a.Real(0), high = a.Real(1);
            Span<T> x = a[0], found = a[1];
            bool open = a.Size(1) == 1;
            found[0] = -T.One;
            for (int i = 0; i < x.Length; i++)
            {
                if (!(x[i] < low || x[i] > high || (open && (x[i] == low || x[i] == high)))) continue;
                found[0] = T.CreateTruncating(i / a.Size(0));
                found[1] = T.CreateTruncating(i % a.Size(0));
                return;
            }
        });
    }
}
