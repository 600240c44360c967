using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What a training step minimises, and what may be said of it.</summary>
/// <param name="Loss">[1 x 1]: mean objective plus penalties; call backward on this.</param>
/// <param name="Objective">[1 x 1]: the mean objective without penalties, in nats. The mean negative log-likelihood only if <paramref name="Value"/> is <see cref="ValueKind.Exact"/>.</param>
/// <param name="Penalty">[1 x 1]: sum of the weighted penalties, or none.</param>
/// <param name="Value">Weakest kind of value among the layers.</param>
/// <param name="Gradient">Weakest kind of gradient among the layers.</param>
public readonly record struct FlowObjective(Var Loss, Var Objective, Var Penalty, ValueKind Value, GradientKind Gradient)
{
    /// <summary>The same with one more weighted penalty [1 x 1].</summary>
    public FlowObjective With<T>(Tape<T> tape, Var penalty) where T : unmanaged, IFloatingPointIeee754<T>
        => this with { Loss = tape.Add(Loss, penalty), Penalty = Penalty.IsNone ? penalty : tape.Add(Penalty, penalty) };
}
