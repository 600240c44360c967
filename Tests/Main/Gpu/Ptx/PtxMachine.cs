using System.Runtime.InteropServices;

namespace NativeFlow.Tests;

/// <summary>Runs PTX on the CPU, thread by thread: what a device is given, without a device. Integer and IEEE operations only; whatever it does not know is a fault.</summary>
internal sealed unsafe class PtxMachine : IDisposable
{
    private readonly List<(nint Start, nint End)> _memory = [];
    private readonly List<PtxThread> _threads = [];
    private byte* _shared, _frames;
    private int _sharedBytes, _frameCapacity, _sharedCapacity;

    /// <summary>Instructions executed so far.</summary>
    public long Count { get; private set; }

    /// <summary>Memory that programs may use.</summary>
    public void Allow(nint start, long bytes) => _memory.Add((start, start + (nint)bytes));

    /// <summary>Takes memory back.</summary>
    public void Forbid(nint start) => _memory.RemoveAll(m => m.Start == start);

    /// <summary>Runs an entry function for all groups of a grid.</summary>
    public void Run(PtxFunction entry, (int X, int Y, int Z) grid, int items, ReadOnlySpan<byte> arguments)
    {
        if (arguments.Length != entry.ArgumentBytes) throw new PtxFault($"{entry.Name}: {arguments.Length} bytes of arguments, {entry.ArgumentBytes} expected");
        while (_threads.Count < items) _threads.Add(new PtxThread(this));
        Reserve(entry, items);
        for (int z = 0; z < grid.Z; z++)
            for (int y = 0; y < grid.Y; y++)
                for (int x = 0; x < grid.X; x++)
                {
                    // Rubbish, so that what is read before it is written shows.
                    new Span<byte>(_shared, _sharedBytes).Fill(0xFF);
                    for (int i = 0; i < items; i++) Begin(entry, i, items, (x, y, z), grid, arguments);
                    Group(items);
                }
    }

    /// <summary>Checks an access; returns its address.</summary>
    public byte* At(PtxThread thread, string space, ulong address, int bytes)
    {
        nint a = (nint)address;
        if (a % bytes != 0) throw Fault(thread, $"{bytes} bytes at {address}, which is no multiple of {bytes}");
        if (space is "shared" or "")
        {
            if (a >= (nint)_shared && a + bytes <= (nint)_shared + _sharedBytes) return (byte*)a;
            if (space == "shared") throw Fault(thread, $"{a - (nint)_shared} of {_sharedBytes} bytes of shared memory");
        }
        if (space is "local" or "" && a >= (nint)thread.FrameStart && a + bytes <= (nint)thread.FrameStart + thread.FrameBytes) return (byte*)a;
        if (space is "global" or "")
            foreach ((nint start, nint end) in _memory)
                if (a >= start && a + bytes <= end) return (byte*)a;
        throw Fault(thread, $"address {address} lies in no {space} memory");
    }

    public static PtxFault Fault(PtxThread thread, string what) => new($"{thread.Function.Name}: thread {thread.Number}, {thread.Function.Code[thread.Next - 1].Text}: {what}");

    public void Dispose()
    {
        NativeMemory.AlignedFree(_shared);
        NativeMemory.AlignedFree(_frames);
        _shared = null;
        _frames = null;
    }

    private void Reserve(PtxFunction entry, int items)
    {
        _sharedBytes = entry.SharedBytes;
        if (_sharedBytes > 48 * 1024) throw new PtxFault($"{entry.Name}: {_sharedBytes} bytes of shared memory; at most 49152 can be asked for so");
        if (_sharedBytes > _sharedCapacity)
        {
            NativeMemory.AlignedFree(_shared);
            _shared = (byte*)NativeMemory.AlignedAlloc((nuint)(_sharedCapacity = _sharedBytes), 64);
        }
        int bytes = items * entry.FrameBytes;
        if (bytes > _frameCapacity)
        {
            NativeMemory.AlignedFree(_frames);
            _frames = (byte*)NativeMemory.AlignedAlloc((nuint)(_frameCapacity = bytes), 64);
        }
    }

    private void Begin(PtxFunction entry, int item, int items, (int X, int Y, int Z) place, (int X, int Y, int Z) grid, ReadOnlySpan<byte> arguments)
    {
        PtxThread t = _threads[item];
        (t.Function, t.Next, t.Number, t.At) = (entry, 0, item, null);
        t.FrameStart = _frames + (item * entry.FrameBytes);
        t.FrameBytes = entry.FrameBytes;
        if (t.R.Length < entry.Start.Count) t.R = new ulong[entry.Start.Count];
        CollectionsMarshal.AsSpan(entry.Start).CopyTo(t.R);
        arguments.CopyTo(new Span<byte>(t.FrameStart + entry.Frame[entry.Parameters[0]], arguments.Length));
        foreach ((int slot, string name) in entry.Addresses)
            t.R[slot] = entry.Shared.TryGetValue(name, out int offset) ? (ulong)(_shared + offset) : (ulong)(t.FrameStart + entry.Frame[name]);
        foreach ((string name, int slot) in entry.Specials)
            t.R[slot] = (uint)(name switch
            {
                "%tid.x" => item,
                "%tid.y" or "%tid.z" => 0,
                "%ntid.x" => items,
                "%ntid.y" or "%ntid.z" => 1,
                "%ctaid.x" => place.X,
                "%ctaid.y" => place.Y,
                "%ctaid.z" => place.Z,
                "%nctaid.x" => grid.X,
                "%nctaid.y" => grid.Y,
                "%nctaid.z" => grid.Z,
                _ => throw new PtxFault($"{entry.Name}: unknown register {name}"),
            });
    }

    private void Group(int items)
    {
        while (true)
        {
            int ended = 0;
            for (int i = 0; i < items; i++)
            {
                Continue(_threads[i]);
                if (_threads[i].At is null) ended++;
            }
            if (ended == items) return;
            for (int warp = 0; warp < items; warp += 32)
                while (_threads[warp].At is { Stop: PtxStop.Warp } together)
                {
                    for (int i = warp; i < warp + 32; i++)
                        if (i >= items || !ReferenceEquals(_threads[i].At, together)) throw new PtxFault($"{together.Text}: thread {i} of the warp is not there");
                    PtxTensor.MultiplyAdd(CollectionsMarshal.AsSpan(_threads).Slice(warp, 32), together.Operands);
                    for (int i = warp; i < warp + 32; i++) Continue(_threads[i]);
                }
            PtxInstruction? barrier = _threads[0].At;
            for (int i = 0; i < items; i++)
                if (!ReferenceEquals(_threads[i].At, barrier)) throw new PtxFault($"{barrier?.Text ?? "the end"}: thread {i} is at {_threads[i].At?.Text ?? "the end"}");
            if (barrier is null) return;
        }
    }

    private void Continue(PtxThread t)
    {
        while (true)
        {
            PtxInstruction instruction = t.Function.Code[t.Next++];
            Count++;
            if (instruction.Guard >= 0 && (t.R[instruction.Guard] != 0) == instruction.GuardIsNegated) continue;
            switch (instruction.Stop)
            {
                case PtxStop.Return:
                    t.At = null;
                    return;
                case PtxStop.None:
                    instruction.Execute(t);
                    break;
                default:
                    t.At = instruction;
                    return;
            }
        }
    }

    /// <summary>Calls a function from within an instruction, on the thread's own registers put aside. No barrier may lie inside.</summary>
    public void Call(PtxThread caller, PtxFunction function, ReadOnlySpan<string> arguments, string? returned)
    {
        PtxFunction f = caller.Function;
        ulong[] r = caller.R;
        int next = caller.Next;
        byte* frame = caller.FrameStart, own = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(function.FrameBytes, 16), 64);
        try
        {
            for (int i = 0; i < arguments.Length; i++)
                Buffer.MemoryCopy(frame + f.Frame[arguments[i]], own + function.Frame[function.Parameters[i]], 16, 16);
            Enter(caller, function, [.. function.Start], own, 0);
            foreach ((int slot, string name) in function.Addresses) caller.R[slot] = (ulong)(own + function.Frame[name]);
            Continue(caller);
            if (caller.At is not null) throw Fault(caller, "a barrier inside a function");
            if (returned is not null) Buffer.MemoryCopy(own + function.Frame[function.Returned!], frame + f.Frame[returned], 16, 16);
        }
        finally
        {
            NativeMemory.AlignedFree(own);
            Enter(caller, f, r, frame, next);
        }
    }

    private static void Enter(PtxThread t, PtxFunction function, ulong[] registers, byte* frame, int next)
    {
        (t.Function, t.R, t.Next, t.FrameBytes) = (function, registers, next, function.FrameBytes);
        t.FrameStart = frame;
    }
}
