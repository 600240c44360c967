using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels.Gpu;

/// <summary>An item's group in the emulator.</summary>
public readonly struct EmulatedGroup<T> : IGroup<T, EmulatedView<T>> where T : unmanaged
{
    private readonly GpuEmulator<T> _emulator;

    internal EmulatedGroup(GpuEmulator<T> emulator, int item)
    {
        _emulator = emulator;
        Item = item;
    }

    /// <inheritdoc/>
    public int Item { get; }

    /// <inheritdoc/>
    public int Items => _emulator.Grid.Items;

    /// <inheritdoc/>
    public int X => _emulator.Place.X;

    /// <inheritdoc/>
    public int Y => _emulator.Place.Y;

    /// <inheritdoc/>
    public int Z => _emulator.Place.Z;

    /// <inheritdoc/>
    public int GroupsX => _emulator.Grid.X;

    /// <inheritdoc/>
    public void Barrier([CallerLineNumber] int line = 0) => _emulator.Barrier(Item, line);

    /// <inheritdoc/>
    public Quad<T> MultiplyTf32(Quad<T> a, T b0, T b1, Quad<T> c) => _emulator.MultiplyTf32(Item, a, b0, b1, c);

    /// <inheritdoc/>
    public EmulatedView<T> Shared<TLength>(int slot) where TLength : struct, ILength => _emulator.Shared(slot, TLength.Value);
}
