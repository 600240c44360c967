namespace NativeFlow.Engine;

/// <summary>A place on a tape, see <see cref="Tape{T}.Mark"/>.</summary>
/// <param name="Nodes">Nodes recorded.</param>
/// <param name="Inputs">Input handles recorded.</param>
/// <param name="Chunk">Arena chunk.</param>
/// <param name="Offset">Arena offset.</param>
public readonly record struct TapeMark(int Nodes, int Inputs, int Chunk, int Offset);
