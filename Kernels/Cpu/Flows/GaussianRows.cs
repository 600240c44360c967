using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The standard normal density of rows, over lanes. z is [rows x columns], row-major.</summary>
public static unsafe class GaussianRows
{
    /// <summary>logProb[r] = -|z[r]|^2/2 - columns/2 ln(2 pi), rows = logProb.Length.</summary>
    public static void LogProb<T>(ReadOnlySpan<T> z, Span<T> logProb, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("GaussianRows.LogProb", "z", z.Length, "logProb", logProb.Length);
        T constant = T.CreateTruncating(-0.5 * columns * Math.Log(2 * Math.PI));
        fixed (T* pz = z, pl = logProb)
            Stretches<LogProbRows<T>>.Run(new(pz, pl, columns, constant), logProb.Length, z.Length, PieceSize.Cheap, workers);
    }

    /// <summary>dz = (add ? dz : 0) - dLogProb[r] z.</summary>
    public static void Gradient<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> dLogProb, Span<T> dz, bool add, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("GaussianRows.Gradient", "z", z.Length, "dLogProb", dLogProb.Length);
        Lengths.Same("GaussianRows.Gradient", "z", z.Length, "dz", dz.Length);
        fixed (T* pz = z, pl = dLogProb, pdz = dz)
            Stretches<GradientRows<T>>.Run(new(pz, pl, pdz, columns, add), dLogProb.Length, z.Length, PieceSize.Cheap, workers);
    }

    private readonly struct LogProbRows<T>(T* z, T* logProb, nint columns, T constant) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int from, int to)
        {
            T half = T.CreateTruncating(0.5);
            for (int r = from; r < to; r++) logProb[r] = constant - (half * RowLoop.Run<T, SquarePass<T>>(new(z), r * columns, columns));
        }
    }

    private readonly struct GradientRows<T>(T* z, T* dLogProb, T* dz, nint columns, bool add) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int from, int to)
        {
            for (int r = from; r < to; r++) RowLoop.Each<T, GradientPass<T>>(new(z, dz, -dLogProb[r], add), r * columns, columns);
        }
    }

    private readonly struct SquarePass<T>(T* z) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane v = TLane.Load(z + i);
            return v * v;
        }
    }

    private readonly struct GradientPass<T>(T* z, T* dz, T factor, bool add) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane before = add ? TLane.Load(dz + i) : TLane.Constant(0);
            TLane.Store(TLane.MultiplyAdd(TLane.Broadcast(factor), TLane.Load(z + i), before), dz + i);
            return TLane.Constant(0);
        }
    }
}
