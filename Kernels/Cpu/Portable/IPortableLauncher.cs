using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// What a backend other than the CPU ones offers to kernels whose bodies are written over lanes: an op hands over the body as a type, and
/// the backend runs it its own way. So an elementwise op or an optimiser that defines itself once runs everywhere.
/// </summary>
/// <remarks>Slices and sizes are those of the CPU kernel of the same number.</remarks>
public interface IPortableLauncher<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Slices x, y: y = f(x).</summary>
    void Map<TFunction>(in KernelArgs args, TFunction f) where TFunction : struct, IUnaryFunction<T>;

    /// <summary>Slices x, y, result: result = f'(x), given y = f(x).</summary>
    void Derivative<TFunction>(in KernelArgs args, TFunction f) where TFunction : struct, IUnaryFunction<T>;

    /// <summary>Slices x, y, result: result = f''(x), given y = f(x).</summary>
    void SecondDerivative<TFunction>(in KernelArgs args, TFunction f) where TFunction : struct, IUnaryFunction<T>;

    /// <summary>Slices x, y, dy, dx: dx += dy f'(x), given y = f(x).</summary>
    void AddDerivative<TFunction>(in KernelArgs args, TFunction f) where TFunction : struct, IUnaryFunction<T>;

    /// <summary>Slices value, gradient, slots: one step of an optimiser.</summary>
    void Sweep<TRule>(in KernelArgs args, TRule rule) where TRule : struct, IPlaneRule<TRule, T>;
}
