namespace NativeFlow.Kernels.Gpu;

/// <summary>What a kernel does with a view; the emulator holds it to that.</summary>
public enum Access
{
    /// <summary>Reads.</summary>
    Read,

    /// <summary>Writes every element, and reads none that it has not written.</summary>
    Write,

    /// <summary>Reads and writes, or writes a part.</summary>
    Update,
}
