using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The second stack: memory that an op borrows for one call, given back when the call ends.</summary>
public sealed class Workspace<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Arena<T> _arena;

    internal Workspace(IBackend<T> backend, int capacity) => _arena = new Arena<T>(backend, capacity);

    /// <summary>Borrows memory; contents undefined.</summary>
    public Slice Take(int elements)
    {
        (int chunk, int offset) = _arena.Allocate(elements);
        return _arena.Value(chunk, offset, elements);
    }

    internal int Growths => _arena.Growths;

    internal long CapacityElements => _arena.CapacityElements;

    internal long AllocatedElements => _arena.AllocatedElements;

    /// <summary>Where the stack stands.</summary>
    internal (int, int) Mark => _arena.Mark;

    /// <summary>Takes back everything borrowed since <paramref name="mark"/>.</summary>
    internal void Reset((int, int) mark) => _arena.Reset(mark);

    /// <summary>Gives the memory back to the backend.</summary>
    public void Dispose() => _arena.Dispose();
}
