using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// Zero pivots that kernels have met, one flag for each kind of solve and order. Nobody waits for a flag: they are read when the backend is
/// next asked for numbers, and the exception of the CPU comes then.
/// </summary>
internal sealed class PivotChecks<T, TView>(IGpuDevice<T, TView> device, GpuBlocks blocks)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    private const int Most = 32;

    private readonly (string What, int N)[] _asked = new (string, int)[Most];
    private readonly T[] _values = new T[Most];
    private Slice _flags = Slice.None;
    private int _count;

    /// <summary>Elements of the flags.</summary>
    public int Elements => _flags.Length;

    /// <summary>The flag of a kind of solve with matrices of order <paramref name="n"/>: 0, or 1 + the row of the first zero pivot.</summary>
    public Slice Flag(string what, int n)
    {
        if (_flags.IsNone)
        {
            _flags = blocks.Add(Most);
            device.Allocate(blocks.Of(_flags), Most);
        }
        for (int i = 0; i < _count; i++)
            if (_asked[i] == (what, n)) return _flags.Part(i, 1);
        if (_count == Most) Verify();
        _asked[_count] = (what, n);
        return _flags.Part(_count++, 1);
    }

    /// <summary>Reads the flags that were asked for since the last time.</summary>
    /// <exception cref="SingularMatrixException">One is set.</exception>
    public void Verify()
    {
        if (_count == 0) return;
        Span<T> values = _values.AsSpan(0, _count);
        device.Read(blocks.Of(_flags), 0, values);
        _count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == T.Zero) continue;
            int pivot = int.CreateChecked(values[i]) - 1;
            values.Clear();
            device.Write(values, blocks.Of(_flags), 0);
            throw new SingularMatrixException(_asked[i].What, _asked[i].N, pivot);
        }
    }
}
