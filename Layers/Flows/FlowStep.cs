using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What a bijector records: the mapped value together with its log-determinant, so that there is no second call to forget.</summary>
/// <param name="Output">Mapped value [batch x features].</param>
/// <param name="LogAbsDet">log|det d output / d input| in nats: [batch x 1], or [1 x 1] when it is the same for every sample. With <see cref="ValueKind.None"/> it holds 0 and only carries gradients.</param>
/// <param name="Value">What the value of <paramref name="LogAbsDet"/> is.</param>
/// <param name="Gradient">What its parameter gradient is.</param>
/// <param name="Penalty">Weighted penalty [1 x 1] to add to the loss; <see cref="Var.None"/> when there is none.</param>
/// <param name="Reconstruction">Mean over the batch of |R W x - x|^2 [1 x 1], of a learned inverse; <see cref="Var.None"/> otherwise.</param>
public readonly record struct FlowStep(Var Output, Var LogAbsDet, ValueKind Value, GradientKind Gradient, Var Penalty, Var Reconstruction)
{
    /// <summary>An exact step without penalty.</summary>
    public static FlowStep Exact(Var output, Var logAbsDet) => new(output, logAbsDet, ValueKind.Exact, GradientKind.Exact, Var.None, Var.None);
}
