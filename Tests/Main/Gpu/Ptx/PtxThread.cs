namespace NativeFlow.Tests;

/// <summary>A thread of a PTX program: registers, place, memory of its frame.</summary>
internal sealed unsafe class PtxThread(PtxMachine machine)
{
    public PtxMachine Machine { get; } = machine;

    public PtxFunction Function { get; set; } = null!;

    public ulong[] R { get; set; } = [];

    public byte* FrameStart { get; set; }

    public int FrameBytes { get; set; }

    public int Next { get; set; }

    public int Number { get; set; }

    /// <summary>The instruction that it stopped at; null once it has ended.</summary>
    public PtxInstruction? At { get; set; }

    public uint U(int slot) => (uint)R[slot];

    public int I(int slot) => (int)R[slot];

    public long L(int slot) => (long)R[slot];

    public float F(int slot) => BitConverter.UInt32BitsToSingle((uint)R[slot]);

    public double D(int slot) => BitConverter.UInt64BitsToDouble(R[slot]);

    public void Set(int slot, ulong value) => R[slot] = value;

    public void Set(int slot, uint value) => R[slot] = value;

    public void Set(int slot, int value) => R[slot] = (uint)value;

    public void Set(int slot, long value) => R[slot] = (ulong)value;

    public void Set(int slot, float value) => R[slot] = BitConverter.SingleToUInt32Bits(value);

    public void Set(int slot, double value) => R[slot] = BitConverter.DoubleToUInt64Bits(value);

    public void Set(int slot, bool value) => R[slot] = value ? 1UL : 0;
}
