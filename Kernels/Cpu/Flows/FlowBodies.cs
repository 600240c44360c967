using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>f(x), f'(x), and log|f'(x)| into the row's sum.</summary>
internal readonly struct FlowForwardBody<T, TFunction>(TFunction f) : IRowBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static bool HasSecond => true;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(TLane x, in BodySettings<T> settings, out TLane y, out TLane second) where TLane : struct, ILane<TLane, T>
    {
        y = f.ValueAndLogDerivative(x, out second, out TLane logDerivative);
        return logDerivative;
    }
}

/// <summary>x = f^-1(z), f'(x), and -log|f'(x)| into the row's sum.</summary>
internal readonly struct FlowInverseBody<T, TFunction, TInverse>(TFunction f, TInverse inverse) : IRowBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
    where TInverse : struct, IInverseFunction<T>
{
    public static bool HasSecond => true;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(TLane x, in BodySettings<T> settings, out TLane y, out TLane second) where TLane : struct, ILane<TLane, T>
    {
        y = inverse.Value(x);
        f.ValueAndLogDerivative(y, out second, out TLane logDerivative);
        return -logDerivative;
    }
}

/// <summary>before + dz f'(x) + dLogDet f''(x) / f'(x), of x, z, f', dz.</summary>
internal readonly struct FlowBackwardBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 4;

    public static bool HasRow => true;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => x.Before + TLane.MultiplyAdd(x.D, x.C, x.Row * f.SecondDerivative(x.A, x.B) / x.C);
}

/// <summary>before + (dx - dLogDet f''(x) / f'(x)) / f'(x), of z, x, f', dx.</summary>
internal readonly struct FlowInverseBackwardBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 4;

    public static bool HasRow => true;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => x.Before + ((x.D - (x.Row * f.SecondDerivative(x.B, x.A) / x.C)) / x.C);
}

/// <summary>f''(x) / f'(x) times a tangent, of x, z, f', tangent.</summary>
internal readonly struct FlowBendBody<T, TFunction>(TFunction f) : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : struct, IUnaryFunction<T>
{
    public static int Inputs => 4;

    public static bool HasRow => false;

    public static int Settings => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => f.SecondDerivative(x.A, x.B) / x.C * x.D;
}
