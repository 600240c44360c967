namespace NativeFlow.Tests;

/// <summary>ld and st, one element or a vector.</summary>
internal static unsafe class PtxMoves
{
    /// <summary>The instruction named <paramref name="name"/> (its parts), for an address and the registers in order.</summary>
    public static Action<PtxThread> Memory(string[] name, (int Slot, long Offset) address, int[] registers)
    {
        string space = name.FirstOrDefault(static n => n is "global" or "shared" or "local" or "param") ?? "";
        // Parameters lie in the thread's frame.
        if (space == "param") space = "local";
        string type = name[^1];
        int bytes = int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture) / 8, whole = bytes * registers.Length;
        if (registers.Length > 1 && !name.Contains($"v{registers.Length}")) throw new PtxFault($"{string.Join('.', name)} with {registers.Length} registers");
        bool isSigned = type[0] == 's', loads = name[0] == "ld";
        return t =>
        {
            byte* at = t.Machine.At(t, space, t.R[address.Slot] + (ulong)address.Offset, whole);
            for (int i = 0; i < registers.Length; i++, at += bytes)
                if (loads)
                    t.R[registers[i]] = bytes switch
                    {
                        8 => *(ulong*)at,
                        4 => *(uint*)at,
                        2 => isSigned ? (uint)*(short*)at : *(ushort*)at,
                        _ => isSigned ? (uint)*(sbyte*)at : *at,
                    };
                else
                    switch (bytes)
                    {
                        case 8: *(ulong*)at = t.R[registers[i]]; break;
                        case 4: *(uint*)at = t.U(registers[i]); break;
                        case 2: *(ushort*)at = (ushort)t.R[registers[i]]; break;
                        default: *at = (byte)t.R[registers[i]]; break;
                    }
        };
    }
}
