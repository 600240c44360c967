using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The context of a conditional flow, checked at the door of every layer that takes one.</summary>
internal static class ContextGuard
{
    /// <summary>[batch x (cols + width)]: <paramref name="input"/> followed by the context; the input alone where the layer takes none.</summary>
    /// <exception cref="ArgumentException">The layer takes a context and there is none, or it has another shape.</exception>
    public static Var Join<T>(Tape<T> tape, string kind, Var input, Var context, int width) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (width == 0) return input;
        Check(kind, input, context, width);
        return tape.ConcatColumns(input, context);
    }

    /// <summary>Throws unless a coupling's conditioner maps what passes and the context to the parameters of what moves.</summary>
    public static void Conditioner<T>(IConditioner<T> conditioner, int passing, int context, int moving, int parametersPerFeature) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (context < 0) throw new ArgumentException($"context is {context}; it must be 0 or more.");
        int outputs = moving * parametersPerFeature;
        if (conditioner.InputWidth != passing + context || conditioner.OutputWidth != outputs)
            throw new ArgumentException(
                $"conditioner maps {conditioner.InputWidth} to {conditioner.OutputWidth} columns; with {passing} features that pass, {context} of context and {moving} that move with {parametersPerFeature} parameters each it must map {passing + context} to {outputs}.");
    }

    /// <summary>Throws unless the context is [batch x width].</summary>
    public static void Check(string kind, Var input, Var context, int width)
    {
        if (context.IsNone) throw new ArgumentException($"{kind}: the layer takes a context of {width} columns and there is none; give the flow a context.");
        if (context.Rows != input.Rows || context.Cols != width) throw new ArgumentException($"{kind}: the context is {context.Shape}; it must be {input.Rows}x{width}.");
    }
}
