namespace NativeFlow.Layers;

/// <summary>What <see cref="Recomputed{T}"/> keeps of its layers for the backward pass.</summary>
public enum RecomputeFrom
{
    /// <summary>Every layer's input: gradients are the same bits as without recomputation.</summary>
    Input,

    /// <summary>The last output alone: memory does not grow with the number of layers, gradients are those at inputs rebuilt up to rounding.</summary>
    Output,
}
