namespace NativeFlow.Kernels.Gpu;

/// <summary>Memory of the emulator: the elements, and who wrote and read each of them last.</summary>
internal sealed class EmulatedBlock<T>(string name, int length) where T : unmanaged
{
    // Made when a kernel first touches the block: copies in and out need none.
    private Mark[]? _writes, _reads;

    /// <summary>Name for messages.</summary>
    public string Name { get; } = name;

    /// <summary>The elements.</summary>
    public T[] Cells { get; } = new T[length];

    /// <summary>Who wrote an element last.</summary>
    public Mark[] Writes => _writes ??= new Mark[Cells.Length];

    /// <summary>Who read an element last.</summary>
    public Mark[] Reads => _reads ??= new Mark[Cells.Length];

    /// <summary>Items of the group that have asked for it, where it is shared.</summary>
    public HashSet<int> Askers { get; } = [];

    /// <summary>Forgets what is in it, for the next group's shared memory.</summary>
    public void Forget()
    {
        Askers.Clear();
        if (_writes is not null) Array.Clear(_writes);
        if (_reads is not null) Array.Clear(_reads);
    }

    /// <summary>One access: in which launch (0 for none), by which group, between which barriers, by which item. <see cref="Many"/> stands for several.</summary>
    internal struct Mark
    {
        public const int Many = -1;

        public int Launch, Group, Epoch, Item;
    }
}
