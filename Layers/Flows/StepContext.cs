using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Why a graph is being recorded.</summary>
public enum FlowMode
{
    /// <summary>For a training step: the Jacobian strategy decides what is computed.</summary>
    Train,

    /// <summary>For a likelihood or a sample: every log-determinant is exact, whatever strategy trained it.</summary>
    Evaluate,
}

/// <summary>Which inverse a layer with a learned inverse uses.</summary>
public enum InverseKind
{
    /// <summary>The true inverse of the forward map.</summary>
    Exact,

    /// <summary>The learned inverse R where there is one: fast, approximate.</summary>
    Learned,
}

/// <summary>What a bijector may need to know besides its input.</summary>
public readonly record struct StepContext()
{
    /// <summary>Why the graph is recorded.</summary>
    public FlowMode Mode { get; init; } = FlowMode.Evaluate;

    /// <summary>Which inverse to use in <c>Inverse</c>.</summary>
    public InverseKind Inverse { get; init; } = InverseKind.Exact;

    /// <summary>Number of the training step, from 0.</summary>
    public long Step { get; init; }

    /// <summary>Random key of the run; probes draw from (Key, a stream of their own). In a sample it is the seed, and <see cref="Step"/> the number of the block.</summary>
    public ulong Key { get; init; }

    /// <summary>
    /// Whether this recording is for its values alone and will be made again before gradients are taken: then what a layer carries from step to
    /// step (running statistics, ages, vectors of a power iteration) must stay as it is, so that the second recording is the first one.
    /// </summary>
    public bool Provisional { get; init; }

    /// <summary>Context [batch x features] of a conditional flow; <see cref="Var.None"/> without.</summary>
    public Var Context { get; init; } = Var.None;
}
