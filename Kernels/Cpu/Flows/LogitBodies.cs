using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>z of x, and log dz/dx into the row's sum.</summary>
internal readonly struct LogitForwardBody<T> : IRowBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static bool HasSecond => false;

    public static int Settings => LogitFlow.SettingCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(TLane x, in BodySettings<T> settings, out TLane y, out TLane second) where TLane : struct, ILane<TLane, T>
    {
        second = default;
        return LogitMap<T>.Over<TLane>(settings).Forward(x, out y);
    }
}

/// <summary>x of z, and log dx/dz into the row's sum.</summary>
internal readonly struct LogitInverseBody<T> : IRowBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static bool HasSecond => false;

    public static int Settings => LogitFlow.SettingCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(TLane x, in BodySettings<T> settings, out TLane y, out TLane second) where TLane : struct, ILane<TLane, T>
    {
        second = default;
        return LogitMap<T>.Over<TLane>(settings).Inverse(x, out y);
    }
}

/// <summary><see cref="LogitMap{T}.Backward"/> of x, dz.</summary>
internal readonly struct LogitBackwardBody<T> : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Inputs => 2;

    public static bool HasRow => true;

    public static int Settings => LogitFlow.SettingCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => LogitMap<T>.Over<TLane>(settings).Backward(x.A, x.B, x.Row, x.Before);
}

/// <summary><see cref="LogitMap{T}.InverseBackward"/> of z, dx.</summary>
internal readonly struct LogitInverseBackwardBody<T> : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Inputs => 2;

    public static bool HasRow => true;

    public static int Settings => LogitFlow.SettingCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => LogitMap<T>.Over<TLane>(settings).InverseBackward(x.A, x.B, x.Row, x.Before);
}

/// <summary>1 where x is outside, else 0.</summary>
internal readonly struct LogitOutsideBody<T> : IElementBody<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Inputs => 1;

    public static bool HasRow => false;

    public static int Settings => LogitFlow.SettingCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(in ElementLanes<TLane> x, in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
        => LogitMap<T>.Over<TLane>(settings).Outside(x.A);
}
