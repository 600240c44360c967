using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// What a backend other than the CPU ones offers to kernels whose bodies are written over lanes: an op hands over the body as a type, and
/// the backend runs it its own way. So an elementwise op or an optimiser that defines itself once runs everywhere.
/// </summary>
/// <remarks>Slices of equal length where nothing else is said. Short cuts for functions are in <see cref="PortableLaunches"/>.</remarks>
public interface IPortableLauncher<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Slices the inputs, one number for each row if there are any, settings if there are any, result.</summary>
    /// <param name="args">The slices.</param>
    /// <param name="body">What to compute.</param>
    /// <param name="adds">Whether the body is given what stands in the result's place.</param>
    void Each<TBody>(in KernelArgs args, TBody body, bool adds = false) where TBody : struct, IElementBody<T>;

    /// <summary>Slices x, settings if there are any, y, the second result if there is one, sums: one for each row.</summary>
    void Rows<TBody>(in KernelArgs args, TBody body) where TBody : struct, IRowBody<T>;

    /// <summary>Slices x, settings if there are any, place [2]: row and column of the first element where the body, of one input, is not 0; row -1 for none. Sizes columns.</summary>
    void First<TBody>(in KernelArgs args, TBody body) where TBody : struct, IElementBody<T>;

    /// <summary>Slices value, gradient, slots: one step of an optimiser.</summary>
    void Sweep<TRule>(in KernelArgs args, TRule rule) where TRule : struct, IPlaneRule<TRule, T>;
}
