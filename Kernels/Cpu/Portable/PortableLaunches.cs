using System.Numerics;

namespace NativeFlow.Kernels;


/// <summary>Portable kernels of functions: of one number, and of one number as a flow.</summary>
public static class PortableLaunches
{
    /// <summary>Slices x, y: y = f(x).</summary>
    public static void Map<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new MapBody<T, TFunction>(f));

    /// <summary>Slices x, y, result: result = f'(x), given y = f(x).</summary>
    public static void Derivative<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new DerivativeBody<T, TFunction>(f));

    /// <summary>Slices x, y, result: result = f''(x), given y = f(x).</summary>
    public static void SecondDerivative<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new SecondDerivativeBody<T, TFunction>(f));

    /// <summary>Slices x, y, dy, dx: dx += dy f'(x), given y = f(x).</summary>
    public static void AddDerivative<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new AddDerivativeBody<T, TFunction>(f), adds: true);

    /// <summary>Slices x, z, f', logDet: as <see cref="ElementwiseFlow.Forward"/>.</summary>
    public static void FlowForward<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Rows(args, new FlowForwardBody<T, TFunction>(f));

    /// <summary>Slices x, z, f', dz, dLogDet, dx: as <see cref="ElementwiseFlow.Backward"/>.</summary>
    public static void FlowBackward<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, bool add, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new FlowBackwardBody<T, TFunction>(f), add);

    /// <summary>Slices x, z, f', tangent, bend: bend = f''(x) / f'(x) tangent.</summary>
    public static void FlowBend<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new FlowBendBody<T, TFunction>(f));

    /// <summary>Slices z, x, f', logDet: as <see cref="ElementwiseFlow.Inverse"/>.</summary>
    public static void FlowInverse<T, TFunction, TInverse>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f, TInverse inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
        where TInverse : struct, IInverseFunction<T> => launcher.Rows(args, new FlowInverseBody<T, TFunction, TInverse>(f, inverse));

    /// <summary>Slices z, x, f', dx, dLogDet, dz: as <see cref="ElementwiseFlow.InverseBackward"/>.</summary>
    public static void FlowInverseBackward<T, TFunction>(this IPortableLauncher<T> launcher, in KernelArgs args, TFunction f)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T> => launcher.Each(args, new FlowInverseBackwardBody<T, TFunction>(f), adds: true);
}
