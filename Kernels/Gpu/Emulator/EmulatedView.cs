namespace NativeFlow.Kernels.Gpu;

/// <summary>A view in the emulator: every access is checked against its bounds, its kind and what the other items do.</summary>
public readonly struct EmulatedView<T> : IView<T> where T : unmanaged
{
    private readonly GpuEmulator<T> _emulator;
    private readonly EmulatedBlock<T> _block;
    private readonly int _offset;
    private readonly Access _access;

    internal EmulatedView(GpuEmulator<T> emulator, EmulatedBlock<T> block, int offset, int length, Access access)
    {
        _emulator = emulator;
        _block = block;
        _offset = offset;
        Length = length;
        _access = access;
    }

    /// <inheritdoc/>
    public int Length { get; }

    /// <inheritdoc/>
    public T Load(int index)
    {
        Check(index, 1, "reads");
        _emulator.BeforeRead(_block, _offset + index, _access);
        return _block.Cells[_offset + index];
    }

    /// <inheritdoc/>
    public void Store(int index, T value)
    {
        Check(index, 1, "writes");
        _emulator.BeforeWrite(_block, _offset + index, _access);
        _block.Cells[_offset + index] = value;
    }

    /// <inheritdoc/>
    public Quad<T> Load4(int index)
    {
        Aligned(index, "reads");
        return new Quad<T>(Load(index), Load(index + 1), Load(index + 2), Load(index + 3));
    }

    /// <inheritdoc/>
    public void Store4(int index, Quad<T> value)
    {
        Aligned(index, "writes");
        Store(index, value.X0);
        Store(index + 1, value.X1);
        Store(index + 2, value.X2);
        Store(index + 3, value.X3);
    }

    /// <summary>Whether every element was written by launch <paramref name="launch"/>; the first that was not, or -1.</summary>
    internal int FirstUnwritten(int launch)
    {
        for (int i = 0; i < Length; i++)
            if (_block.Writes[_offset + i].Launch != launch) return i;
        return -1;
    }

    internal string Name => _block.Name;

    private void Aligned(int index, string what)
    {
        Check(index, 4, what);
        if ((_offset + index) % 4 != 0) throw _emulator.Fault($"{what} four elements of {_block.Name} from {index} on, {_offset + index} of the block; a vector access starts at a multiple of four");
    }

    private void Check(int index, int count, string what)
    {
        if ((uint)index >= (uint)Length || index > Length - count)
            throw _emulator.Fault($"{what} element {(count == 1 ? $"{index}" : $"{index} to {index + count - 1}")} of {_block.Name}, which has {Length}");
    }
}
