using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>What an op's backward pass looks at; a memory planner may drop the rest.</summary>
[Flags]
public enum Reads
{
    /// <summary>Neither inputs nor outputs.</summary>
    Nothing = 0,

    /// <summary>Its inputs.</summary>
    Inputs = 1,

    /// <summary>Its outputs.</summary>
    Outputs = 2,
}

/// <summary>
/// A stateless operation: forward, vector-Jacobian product and Jacobian-vector product side by side. One file an op; all state of a
/// use lies in its <see cref="Node{T}"/>.
/// </summary>
public abstract class Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name, as printed.</summary>
    public abstract string Name { get; }

    /// <summary>Name of its page in docs/ops.</summary>
    public virtual string Page => Name;

    /// <summary>The formula, as printed by <see cref="TapePrinter.Explain"/>.</summary>
    public abstract string Formula { get; }

    /// <summary>What backward looks at.</summary>
    public abstract Reads Reads { get; }

    /// <summary>Computes the outputs.</summary>
    public abstract void Forward(in OpContext<T> c);

    /// <summary>Adds to the gradients of the inputs, given those of the outputs.</summary>
    public abstract void Backward(in OpContext<T> c);

    /// <summary>Writes the tangents of the outputs, given those of the inputs.</summary>
    public abstract void Jvp(in OpContext<T> c);

    /// <summary>Whether <see cref="RecordVjp"/> and <see cref="RecordJvp"/> are there, so that second derivatives exist.</summary>
    public virtual bool HasRecordedDerivatives => false;

    /// <summary>Records, as further nodes, what the output's cotangent <paramref name="dy"/> gives input number <paramref name="input"/>; <see cref="Var.None"/> when that is zero.</summary>
    /// <exception cref="NotSupportedException">The op has no recorded derivative.</exception>
    public virtual Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
        => throw new NotSupportedException($"{Name} has no recorded vector-Jacobian product; second derivatives through it are not available.");

    /// <summary>Records what the tangent <paramref name="dx"/> of input number <paramref name="input"/> adds to the output's; <see cref="Var.None"/> when that is zero.</summary>
    /// <exception cref="NotSupportedException">The op has no recorded derivative.</exception>
    public virtual Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
        => throw new NotSupportedException($"{Name} has no recorded Jacobian-vector product; second derivatives through it are not available.");
}
