using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>One operand of a product on its way through a group: from memory to registers, from there to shared memory.</summary>
/// <remarks>
/// A line is a row of op(A) or a column of op(B). In shared memory the terms lie one after another, each with its lines side by side, so that
/// an item reads four lines at once. The lines of term l are exchanged by the bits of <see cref="Exchange"/>: without that, the items of a
/// warp that bring neighbouring terms of one line would store to the same bank.
/// </remarks>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">Views.</typeparam>
/// <typeparam name="TForm">How it lies in memory.</typeparam>
/// <typeparam name="TLines">Lines of the tile.</typeparam>
/// <typeparam name="TTile">The tile.</typeparam>
/// <param name="view">The operand.</param>
/// <param name="start">Where this product's begins.</param>
/// <param name="step">From one line (deep) or term (flat) to the next.</param>
/// <param name="lines">Lines in all.</param>
/// <param name="end">First term not to be read.</param>
/// <param name="first">First line of the tile.</param>
/// <param name="fours">1 where four neighbours may be loaded at once.</param>
public readonly struct GemmOperand<T, TView, TForm, TLines, TTile>(TView view, int start, int step, int lines, int end, int first, int fours)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TForm : struct, IGemmForm
    where TLines : struct, ILength
    where TTile : struct, IGemmTile
{
    /// <summary>What item <paramref name="item"/> brings of the terms from <paramref name="k"/> on; zeros outside the operand.</summary>
    public GemmPair<T> Load(int item, int k)
        => new(LoadQuad(item, k), TLines.Value * TTile.Depth > 4 * TTile.Items ? LoadQuad(item + TTile.Items, k) : default);

    /// <summary>Puts what item <paramref name="item"/> has brought into the buffer of <paramref name="tile"/> that begins at <paramref name="buffer"/>.</summary>
    public static void Store(TView tile, int buffer, int item, in GemmPair<T> pair)
    {
        StoreQuad(tile, buffer, item, pair.X0);
        if (TLines.Value * TTile.Depth > 4 * TTile.Items) StoreQuad(tile, buffer, item + TTile.Items, pair.X1);
    }

    /// <summary>By what the numbers of the lines of term <paramref name="l"/> are exchanged: a multiple of 8, the same for four terms from a multiple of 4 on.</summary>
    public static int Exchange(int l) => (l >> 2 << 3) & 24 & (TLines.Value - 1);

    private Quad<T> LoadQuad(int e, int k)
    {
        int at, count;
        if (TForm.IsDeep)
        {
            int line = first + (e / (TTile.Depth / 4));
            k += e % (TTile.Depth / 4) * 4;
            at = start + (line * step) + k;
            count = line < lines ? end - k : 0;
        }
        else
        {
            int line = first + (e % (TLines.Value / 4) * 4);
            k += e / (TLines.Value / 4);
            at = start + (k * step) + line;
            count = k < end ? lines - line : 0;
        }
        return GemmQuads<T, TView>.Load(view, at, count, fours);
    }

    private static void StoreQuad(TView tile, int buffer, int e, in Quad<T> quad)
    {
        if (TForm.IsDeep)
        {
            int line = e / (TTile.Depth / 4), l = e % (TTile.Depth / 4) * 4, at = buffer + (l * TLines.Value) + (line ^ Exchange(l));
            tile.Store(at, quad.X0);
            tile.Store(at + TLines.Value, quad.X1);
            tile.Store(at + (2 * TLines.Value), quad.X2);
            tile.Store(at + (3 * TLines.Value), quad.X3);
        }
        else
        {
            int line = e % (TLines.Value / 4) * 4, l = e / (TLines.Value / 4);
            tile.Store4(buffer + (l * TLines.Value) + (line ^ Exchange(l)), quad);
        }
    }
}
