using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// Runs kernels on the CPU, one item at a time in a fixed order, and watches them: accesses outside a view, races between items of a group
/// or between groups, shared memory read before it is written, outputs left unwritten and barriers that only some items reach all fail.
/// </summary>
/// <remarks>For tests and for reading along; some hundred thousand accesses a millisecond. Deterministic: the same launches give the same bits, whatever the order asked for.</remarks>
public sealed class GpuEmulator<T> : IGpuDevice<T, EmulatedView<T>>, IEmulatorClock where T : unmanaged
{
    private readonly Dictionary<int, EmulatedBlock<T>> _blocks = [];
    private readonly Dictionary<int, EmulatedBlock<T>> _shared = [];
    private readonly List<EmulatedView<T>> _outputs = [];
    private readonly ItemTeam _team;
    private readonly EmulatedTensor _tensor;
    private readonly bool _backwards;
    private readonly long _totalBytes;
    private string _kernel = "";
    private int _launch, _group, _epoch, _item;

    /// <summary>Makes an emulator.</summary>
    /// <param name="items">Most items in a group: few keep tests quick, since kernels choose smaller tiles.</param>
    /// <param name="backwards">Runs items and groups from the last to the first.</param>
    /// <param name="totalBytes">Memory that it pretends to have.</param>
    /// <param name="hasTensorCores">Whether it offers matrix instructions.</param>
    public GpuEmulator(int items = 32, bool backwards = false, long totalBytes = 1L << 32, bool hasTensorCores = true)
    {
        Limits = new GpuLimits(items, 48 * 1024, 4, hasTensorCores);
        _backwards = backwards;
        _totalBytes = FreeBytes = totalBytes;
        _team = new ItemTeam(backwards);
        _tensor = new EmulatedTensor(items);
    }

    /// <inheritdoc/>
    public string Name => $"emulator, {Limits.Items} items";

    /// <inheritdoc/>
    public GpuLimits Limits { get; }

    /// <inheritdoc/>
    public long FreeBytes { get; private set; }

    /// <summary>Kernels launched so far.</summary>
    public int Launches => _launch;

    /// <summary>Grid of the launch under way.</summary>
    internal Grid Grid { get; private set; }

    /// <summary>Place of the group under way.</summary>
    internal (int X, int Y, int Z) Place { get; private set; }

    /// <inheritdoc/>
    public void Allocate(int block, int elements)
    {
        long bytes = (long)elements * Unsafe.SizeOf<T>();
        if (bytes > FreeBytes) throw new DeviceMemoryException(Name, bytes, FreeBytes);
        FreeBytes -= bytes;
        _blocks.Add(block, new EmulatedBlock<T>($"block {block}", elements));
    }

    /// <inheritdoc/>
    public void Release(int block)
    {
        FreeBytes += (long)_blocks[block].Cells.Length * Unsafe.SizeOf<T>();
        _blocks.Remove(block);
    }

    /// <inheritdoc/>
    public void Read(int block, int offset, Span<T> to) => _blocks[block].Cells.AsSpan(offset, to.Length).CopyTo(to);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<T> from, int block, int offset) => from.CopyTo(_blocks[block].Cells.AsSpan(offset));

    /// <inheritdoc/>
    public EmulatedView<T> View(int block, int offset, int length, Access access)
    {
        var view = new EmulatedView<T>(this, _blocks[block], offset, length, access);
        if (access == Access.Write) _outputs.Add(view);
        return view;
    }

    /// <inheritdoc/>
    public void Launch<TKernel>(in Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, EmulatedView<T>>
    {
        (_kernel, Grid) = (NameOf(typeof(TKernel)), grid);
        _launch++;
        try
        {
            if (grid.X < 1 || grid.Y < 1 || grid.Z < 1 || grid.Items < 1 || grid.Items > Limits.Items || grid.Y > 65535 || grid.Z > 65535)
                throw new KernelFaultException($"{_kernel}: a launch of {grid.X} x {grid.Y} x {grid.Z} groups of {grid.Items} items; groups from 1 to 65535 along y and z, items from 1 to {Limits.Items}");
            TKernel body = kernel;
            long groups = grid.Groups;
            for (long g = 0; g < groups; g++)
            {
                _group = (int)(_backwards ? groups - 1 - g : g);
                Place = (_group % grid.X, _group / grid.X % grid.Y, _group / grid.X / grid.Y);
                _epoch = 0;
                // Memory shared by the last group is unknown to this one.
                foreach (EmulatedBlock<T> block in _shared.Values) block.Forget();
                if (TKernel.HasBarriers) _team.Run(grid.Items, this, item => body.Run(new EmulatedGroup<T>(this, item)));
                else
                    for (int i = 0; i < grid.Items; i++)
                    {
                        _item = _backwards ? grid.Items - 1 - i : i;
                        body.Run(new EmulatedGroup<T>(this, _item));
                    }
            }
            foreach (EmulatedView<T> output in _outputs)
                if (output.FirstUnwritten(_launch) is >= 0 and int missed)
                    throw new KernelFaultException($"{_kernel}: element {missed} of {output.Length} of the output {output.Name} was not written");
        }
        finally
        {
            _outputs.Clear();
            _shared.Clear();
        }
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _blocks.Clear();
        FreeBytes = _totalBytes;
        _team.Dispose();
    }

    /// <inheritdoc/>
    void IEmulatorClock.Resume(int item) => _item = item;

    /// <inheritdoc/>
    void IEmulatorClock.WarpMet(int first) => _tensor.Multiply(first);

    /// <inheritdoc/>
    void IEmulatorClock.NextEpoch() => _epoch++;

    /// <inheritdoc/>
    Exception IEmulatorClock.Fault(string what, int item)
    {
        _item = item;
        return Fault(what);
    }

    internal void Barrier(int item, int line)
    {
        if (!_team.IsRunning) throw Fault("comes to a barrier, but its kernel says that it has none");
        _team.Barrier(item, line);
    }

    internal Quad<T> MultiplyTf32(int item, Quad<T> a, T b0, T b1, Quad<T> c)
    {
        if (!Limits.HasTensorCores) throw Fault("multiplies matrices on a device without tensor cores");
        if (typeof(T) != typeof(float)) throw Fault($"multiplies matrices of {typeof(T).Name} on tf32, which is for float");
        if (!_team.IsRunning) throw Fault("multiplies matrices together with its warp, but its kernel says that it has no barriers");
        _tensor.Put(item, Unsafe.BitCast<Quad<T>, Quad<float>>(a), Unsafe.BitCast<T, float>(b0), Unsafe.BitCast<T, float>(b1), Unsafe.BitCast<Quad<T>, Quad<float>>(c));
        _team.MeetInWarp(item);
        return Unsafe.BitCast<Quad<float>, Quad<T>>(_tensor.Take(item));
    }

    internal EmulatedView<T> Shared(int slot, int length)
    {
        if (!_shared.TryGetValue(slot, out EmulatedBlock<T>? block))
        {
            _shared.Add(slot, block = new EmulatedBlock<T>($"shared memory {slot}", length));
            int bytes = _shared.Values.Sum(static b => b.Cells.Length) * Unsafe.SizeOf<T>();
            if (bytes > Limits.SharedBytes) throw Fault($"asks for {bytes} bytes of shared memory; a group has {Limits.SharedBytes}");
        }
        // A device makes memory for every place in the text that asks.
        if (!block.Askers.Add(_item)) throw Fault($"asks twice for shared memory {slot}, which would be two memories on a device; ask once and hand the view on");
        if (block.Cells.Length != length) throw Fault($"asks for shared memory {slot} with {length} elements, another with {block.Cells.Length}");
        return new EmulatedView<T>(this, block, 0, length, Access.Update);
    }

    internal void BeforeRead(EmulatedBlock<T> block, int index, Access access)
    {
        ref EmulatedBlock<T>.Mark write = ref block.Writes[index], read = ref block.Reads[index];
        if (write.Launch == _launch)
        {
            if (write.Group != _group) throw Fault($"reads element {index} of {block.Name}, which group {write.Group} writes");
            if (write.Epoch == _epoch && write.Item != _item) throw Fault($"reads element {index} of {block.Name}, which item {write.Item} writes before the same barrier");
        }
        else if (access == Access.Write || IsShared(block)) throw Fault($"reads element {index} of {block.Name} before anything was written there");
        if (read.Launch != _launch || (read.Group == _group && read.Epoch != _epoch)) read = new() { Launch = _launch, Group = _group, Epoch = _epoch, Item = _item };
        else if (read.Group != _group) read.Group = EmulatedBlock<T>.Mark.Many;
        else if (read.Item != _item) read.Item = EmulatedBlock<T>.Mark.Many;
    }

    internal void BeforeWrite(EmulatedBlock<T> block, int index, Access access)
    {
        if (access == Access.Read) throw Fault($"writes element {index} of {block.Name}, which it was given to read");
        ref EmulatedBlock<T>.Mark write = ref block.Writes[index], read = ref block.Reads[index];
        if (write.Launch == _launch && (write.Group != _group || (write.Epoch == _epoch && write.Item != _item)))
            throw Fault($"writes element {index} of {block.Name}, which {(write.Group != _group ? $"group {write.Group}" : $"item {write.Item}")} writes too");
        if (read.Launch == _launch && (read.Group != _group || (read.Epoch == _epoch && read.Item != _item)))
            throw Fault($"writes element {index} of {block.Name}, which {(read.Group != _group ? "another group" : "another item")} reads without a barrier between");
        write = new() { Launch = _launch, Group = _group, Epoch = _epoch, Item = _item };
    }

    internal KernelFaultException Fault(string what) => new($"{_kernel}: item {_item} of group ({Place.X}, {Place.Y}, {Place.Z}) {what}");

    private bool IsShared(EmulatedBlock<T> block) => _shared.ContainsValue(block);

    private static string NameOf(Type kernel)
    {
        string name = kernel.Name;
        int tick = name.IndexOf('`');
        return tick < 0 ? name : name[..tick];
    }
}
