namespace NativeFlow.Tests;

/// <summary>A function of a PTX program, its registers numbered, its instructions as delegates.</summary>
internal sealed class PtxFunction(string name)
{
    private readonly Dictionary<string, int> _slots = [];

    public string Name { get; } = name;

    public List<PtxInstruction> Code { get; } = [];

    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>Tables of labels that a branch chooses from.</summary>
    public Dictionary<string, string[]> Tables { get; } = [];

    /// <summary>Values that registers and constants have before the first instruction.</summary>
    public List<ulong> Start { get; } = [];

    /// <summary>Memory of the parameters, the call's parameters and the locals: name to place, all in one frame of each thread.</summary>
    public Dictionary<string, int> Frame { get; } = [];

    public int FrameBytes { get; private set; }

    /// <summary>Shared memory: name to place.</summary>
    public Dictionary<string, int> Shared { get; } = [];

    public int SharedBytes { get; private set; }

    /// <summary>Names of the parameters in order, the returned one apart.</summary>
    public List<string> Parameters { get; } = [];

    public string? Returned { get; set; }

    /// <summary>Bytes of the first parameter, which holds a kernel's arguments.</summary>
    public int ArgumentBytes { get; set; }

    /// <summary>Slots that hold an address of the frame or of shared memory: slot, name.</summary>
    public List<(int Slot, string Name)> Addresses { get; } = [];

    public IEnumerable<(string Name, int Slot)> Specials => _slots.Where(static s => s.Key.Contains('.') && s.Key[0] == '%' && s.Key[1] is 't' or 'c' or 'n').Select(static s => (s.Key, s.Value));

    public int Slot(string name, ulong value = 0)
    {
        if (!_slots.TryGetValue(name, out int slot))
        {
            _slots.Add(name, slot = Start.Count);
            Start.Add(value);
        }
        return slot;
    }

    public void AddFrame(string name, int bytes)
    {
        // A call's parameters have the same names at every call.
        if (Frame.ContainsKey(name)) return;
        Frame.Add(name, FrameBytes);
        FrameBytes += (bytes + 15) / 16 * 16;
    }

    public void AddShared(string name, int bytes)
    {
        Shared.Add(name, SharedBytes);
        SharedBytes += (bytes + 15) / 16 * 16;
    }
}

/// <summary>One instruction: what it does to a thread, under which predicate, and whether the machine must step in.</summary>
internal sealed class PtxInstruction
{
    public required string Text { get; init; }

    public PtxStop Stop { get; init; }

    /// <summary>Register of the predicate, or -1.</summary>
    public int Guard { get; init; } = -1;

    public bool GuardIsNegated { get; init; }

    public Action<PtxThread> Execute { get; set; } = static _ => { };

    /// <summary>Registers of a warp-wide instruction.</summary>
    public int[] Operands { get; init; } = [];
}

/// <summary>Why a thread stops after an instruction.</summary>
internal enum PtxStop
{
    None,
    Return,
    Barrier,
    Warp,
}
