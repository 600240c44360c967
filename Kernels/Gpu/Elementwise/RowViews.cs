using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>What a kernel over the rows of a matrix reads and writes.</summary>
/// <param name="X">Elements, read.</param>
/// <param name="Settings">Numbers for all, read.</param>
/// <param name="Y">First result, written.</param>
/// <param name="Second">Second result, written; empty where there is none.</param>
/// <param name="Columns">Elements in a row.</param>
public readonly record struct RowViews<T, TView>(TView X, TView Settings, TView Y, TView Second, int Columns)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    /// <summary>Element <paramref name="i"/>; returns its term.</summary>
    public TLane One<TLane, TBody>(in TBody body, in BodySettings<T> settings, int i)
        where TLane : struct, ILane<TLane, T>
        where TBody : struct, IRowBody<T>
    {
        TLane term = body.At(TLane.Broadcast(X.Load(i)), settings, out TLane y, out TLane second);
        Y.Store(i, TLane.First(y));
        if (TBody.HasSecond) Second.Store(i, TLane.First(second));
        return term;
    }

    /// <summary>The four elements from <paramref name="i"/> on, a multiple of four; returns the sum of their terms added to <paramref name="sum"/> one by one.</summary>
    public TLane Four<TLane, TBody>(in TBody body, in BodySettings<T> settings, int i, TLane sum)
        where TLane : struct, ILane<TLane, T>
        where TBody : struct, IRowBody<T>
    {
        Quad<T> x = X.Load4(i);
        sum += body.At(TLane.Broadcast(x.X0), settings, out TLane y0, out TLane s0);
        sum += body.At(TLane.Broadcast(x.X1), settings, out TLane y1, out TLane s1);
        sum += body.At(TLane.Broadcast(x.X2), settings, out TLane y2, out TLane s2);
        sum += body.At(TLane.Broadcast(x.X3), settings, out TLane y3, out TLane s3);
        Y.Store4(i, new Quad<T>(TLane.First(y0), TLane.First(y1), TLane.First(y2), TLane.First(y3)));
        if (TBody.HasSecond) Second.Store4(i, new Quad<T>(TLane.First(s0), TLane.First(s1), TLane.First(s2), TLane.First(s3)));
        return sum;
    }
}
