using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels.Gpu;

/// <summary>What an item of a running group knows: who it is, and what it shares with the others.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">Views of this way of running.</typeparam>
public interface IGroup<T, TView>
    where T : unmanaged
    where TView : struct, IView<T>
{
    /// <summary>Number of this item in its group, from 0.</summary>
    int Item { get; }

    /// <summary>Items in a group.</summary>
    int Items { get; }

    /// <summary>Place of the group in the grid along x.</summary>
    int X { get; }

    /// <summary>Place of the group in the grid along y.</summary>
    int Y { get; }

    /// <summary>Place of the group in the grid along z.</summary>
    int Z { get; }

    /// <summary>Groups along x.</summary>
    int GroupsX { get; }

    /// <summary>Waits until every item of the group is here; what they wrote before is then seen by all. All items must come to the same barrier.</summary>
    /// <param name="line">Filled in by the compiler; the emulator tells barriers apart by it.</param>
    void Barrier([CallerLineNumber] int line = 0);

    /// <summary>
    /// c + a b for tiles a [16 x 8], b [8 x 8], c [16 x 8] spread over the 32 items of a warp as the instruction mma.sync.m16n8k8 on tf32 spreads
    /// them: a and b are cut to 10 bits of mantissa, sums are kept in single precision. All items of a warp take part. Only where
    /// <see cref="GpuLimits.HasTensorCores"/>, and for float.
    /// </summary>
    /// <param name="a">With g = item/4 and t = item mod 4: a[g][t], a[g + 8][t], a[g][t + 4], a[g + 8][t + 4].</param>
    /// <param name="b0">b[t][g].</param>
    /// <param name="b1">b[t + 4][g].</param>
    /// <param name="c">c[g][2t], c[g][2t + 1], c[g + 8][2t], c[g + 8][2t + 1]; the result likewise.</param>
    Quad<T> MultiplyTf32(Quad<T> a, T b0, T b1, Quad<T> c);

    /// <summary>Memory shared by the items of the group, undefined at first.</summary>
    /// <typeparam name="TLength">Its length in elements, known when the kernel is compiled.</typeparam>
    /// <param name="slot">Number of this memory among those of the kernel, a constant from 0 on.</param>
    TView Shared<TLength>(int slot) where TLength : struct, ILength;
}
