using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Arithmetic on vectors. Single-threaded; the order of every sum depends on the length only, not on the address (System.Numerics.Tensors aligns its sums), so results repeat to the bit on one machine.</summary>
public static unsafe class VectorOps
{
    /// <summary>destination = a + b.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.Add", "a", a.Length, "b", b.Length);
        Lengths.Same("VectorOps.Add", "a", a.Length, "destination", destination.Length);
        TensorPrimitives.Add(a, b, destination);
    }

    /// <summary>destination = a - b.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Subtract<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.Subtract", "a", a.Length, "b", b.Length);
        Lengths.Same("VectorOps.Subtract", "a", a.Length, "destination", destination.Length);
        TensorPrimitives.Subtract(a, b, destination);
    }

    /// <summary>destination = a b, element by element.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Multiply<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.Multiply", "a", a.Length, "b", b.Length);
        Lengths.Same("VectorOps.Multiply", "a", a.Length, "destination", destination.Length);
        TensorPrimitives.Multiply(a, b, destination);
    }

    /// <summary>destination = scale x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Scale<T>(T scale, ReadOnlySpan<T> x, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.Scale", "x", x.Length, "destination", destination.Length);
        TensorPrimitives.Multiply(x, scale, destination);
    }

    /// <summary>y += a x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddScaled<T>(T a, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.AddScaled", "x", x.Length, "y", y.Length);
        fixed (T* px = x, py = y)
            ElementLoop.Run(new AddScaledPass<T>(a, px, py), py, x.Length);
    }

    /// <summary>y += a b, element by element.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddProduct<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.AddProduct", "a", a.Length, "b", b.Length);
        Lengths.Same("VectorOps.AddProduct", "a", a.Length, "y", y.Length);
        fixed (T* pa = a, pb = b, py = y)
            ElementLoop.Run(new AddProductPass<T>(pa, pb, py), py, y.Length);
    }

    /// <summary>Every element becomes <paramref name="value"/>.</summary>
    public static void Fill<T>(Span<T> destination, T value)
        where T : unmanaged, IFloatingPointIeee754<T> => destination.Fill(value);

    /// <summary>The sum of the products; 0 when empty. Relative error grows like length/(4 width), not like length.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T Dot<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lengths.Same("VectorOps.Dot", "a", a.Length, "b", b.Length);
        fixed (T* pa = a, pb = b)
            return SumLoop.Run<T, ProductTerm<T>>(new ProductTerm<T>(pa, pb), a.Length);
    }

    /// <summary>The sum; 0 when empty.</summary>
    public static T Sum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* px = x)
            return SumLoop.Run<T, PlainTerm<T>>(new PlainTerm<T>(px), x.Length);
    }

    /// <summary>The sum of the squares; 0 when empty.</summary>
    public static T SumSquares<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => Dot(x, x);

    /// <summary>The largest magnitude; 0 when empty, NaN when any element is.</summary>
    public static T MaxAbs<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x.IsEmpty ? T.Zero : T.Abs(TensorPrimitives.MaxMagnitude(x));

    private readonly struct AddScaledPass<T>(T a, T* x, T* y) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.MultiplyAdd(TLane.Broadcast(a), TLane.Load(x + i), TLane.Load(y + i));
    }

    private readonly struct AddProductPass<T>(T* a, T* b, T* y) : IElementPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.MultiplyAdd(TLane.Load(a + i), TLane.Load(b + i), TLane.Load(y + i));
    }

    private readonly struct PlainTerm<T>(T* x) : ISumTerm<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane AddTo<TLane>(TLane sum, nint i) where TLane : struct, ILane<TLane, T> => sum + TLane.Load(x + i);
    }

    private readonly struct ProductTerm<T>(T* a, T* b) : ISumTerm<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane AddTo<TLane>(TLane sum, nint i) where TLane : struct, ILane<TLane, T> =>
            TLane.MultiplyAdd(TLane.Load(a + i), TLane.Load(b + i), sum);
    }
}
