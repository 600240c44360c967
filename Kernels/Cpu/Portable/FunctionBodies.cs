using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>f(a).</summary>
internal readonly struct MapBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 1;

    public static bool HasRow => false;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => f.Value(x.A);
}

/// <summary>f'(a), given b = f(a).</summary>
internal readonly struct DerivativeBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 2;

    public static bool HasRow => false;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => f.Derivative(x.A, x.B);
}

/// <summary>f''(a), given b = f(a).</summary>
internal readonly struct SecondDerivativeBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 2;

    public static bool HasRow => false;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => f.SecondDerivative(x.A, x.B);
}

/// <summary>before + c f'(a), given b = f(a).</summary>
internal readonly struct AddDerivativeBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 3;

    public static bool HasRow => false;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => TLane.MultiplyAdd(x.C, f.Derivative(x.A, x.B), x.Before);
}
