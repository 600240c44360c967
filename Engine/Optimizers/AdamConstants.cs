using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Constants of one Adam step in the order b1, 1 - b1, b2, 1 - b2, eps, lr/(1 - b1^t), 1/sqrt(1 - b2^t), and the two formulas that its forms share.</summary>
internal readonly struct AdamConstants<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _keep1, _take1, _keep2, _take2, _eps, _rate, _correction;

    public AdamConstants(in KernelArgs args)
    {
        _keep1 = args.Real<T>(0);
        _take1 = args.Real<T>(1);
        _keep2 = args.Real<T>(2);
        _take2 = args.Real<T>(3);
        _eps = args.Real<T>(4);
        _rate = args.Real<T>(5);
        _correction = args.Real<T>(6);
    }

    public static void Write(Span<double> constants, double beta1, double beta2, double eps, double learningRate, long step)
    {
        constants[0] = beta1;
        constants[1] = 1 - beta1;
        constants[2] = beta2;
        constants[3] = 1 - beta2;
        constants[4] = eps;
        constants[5] = learningRate / (1 - Math.Pow(beta1, step));
        constants[6] = 1 / Math.Sqrt(1 - Math.Pow(beta2, step));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Average<TLane>(TLane g, ref TLane mean, ref TLane meanSquare) where TLane : struct, ILane<TLane, T>
    {
        mean = TLane.Broadcast(_keep1) * mean + TLane.Broadcast(_take1) * g;
        meanSquare = TLane.Broadcast(_keep2) * meanSquare + TLane.Broadcast(_take2) * (g * g);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Update<TLane>(TLane mean, TLane meanSquare) where TLane : struct, ILane<TLane, T>
        => TLane.Broadcast(_rate) * (mean / (TLane.Sqrt(meanSquare) * TLane.Broadcast(_correction) + TLane.Broadcast(_eps)));
}
