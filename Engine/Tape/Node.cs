using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>One recorded op: which, on what, into what. Nodes lie in one flat array and are reused from step to step.</summary>
public struct Node<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The stateless op.</summary>
    public Op<T> Op { get; internal set; }

    /// <summary>First result.</summary>
    public Var Out0 { get; internal set; }

    /// <summary>Second result, or <see cref="Var.None"/>.</summary>
    public Var Out1 { get; internal set; }

    /// <summary>Memory kept from forward to backward, or <see cref="Var.None"/>.</summary>
    public Var Scratch { get; internal set; }

    /// <summary>Integer parameters; their meaning is the op's.</summary>
    public int I0 { get; internal set; }

    /// <inheritdoc cref="I0"/>
    public int I1 { get; internal set; }

    /// <inheritdoc cref="I0"/>
    public int I2 { get; internal set; }

    /// <summary>Real parameters; their meaning is the op's.</summary>
    public double P0 { get; internal set; }

    /// <inheritdoc cref="P0"/>
    public double P1 { get; internal set; }

    /// <summary>64-bit parameter, such as a random key.</summary>
    public ulong Key { get; internal set; }

    /// <summary>Which layer recorded it.</summary>
    public string Scope { get; internal set; }

    internal int FirstInput;

    /// <summary>Number of inputs.</summary>
    public int InputCount { get; internal set; }

    /// <summary>Whether any gradient flows through.</summary>
    public readonly bool NeedsGrad => Out0.NeedsGrad || Out1.NeedsGrad;
}
