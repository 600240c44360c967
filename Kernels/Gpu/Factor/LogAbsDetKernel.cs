using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// log|det| and its sign from LU factors, one group a matrix. The pivots are multiplied, not their logarithms added: mantissas as an unevaluated sum
/// of two numbers, which products extend without error beyond the square of the precision, and exponents as whole numbers. One logarithm at
/// the end, so that the result is right to about two units in its last place at any order.
/// </summary>
/// <param name="a">Factors [n x n] of each matrix.</param>
/// <param name="n">Order.</param>
/// <param name="pivots">Rows exchanged.</param>
/// <param name="result">log|det|, and the sign where it is wanted; minus infinity and 0 where a pivot is zero, NaN where one is.</param>
/// <param name="withSigns">1 for two numbers a matrix, 0 for one.</param>
public readonly struct LogAbsDetKernel<T, TView, TLane>(TView a, int n, TView pivots, TView result, int withSigns) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView high = group.Shared<FactorLengths.Most>(0), low = group.Shared<FactorLengths.Most>(1), exponents = group.Shared<FactorLengths.Most>(2);
        TView special = group.Shared<FactorLengths.Most>(3), signs = group.Shared<FactorLengths.Most>(4);
        int item = group.Item, matrix = group.X;
        var part = new Determinant<T, TLane>();
        for (int i = item; i < n; i += group.Items)
        {
            part.Multiply(TLane.Broadcast(a.Load((((matrix * n) + i) * n) + i)));
            if (!TLane.Any(TLane.EqualTo(TLane.Broadcast(pivots.Load((matrix * n) + i)), TLane.Constant(i)))) part.Sign = -part.Sign;
        }
        Put(part, high, low, exponents, special, signs, item);
        // Item s takes over s + half: the shape of the tree depends on the number of items alone.
        for (int count = group.Items; count > 1; count = (count + 1) / 2)
        {
            group.Barrier();
            int half = (count + 1) / 2;
            if (item + half >= count) continue;
            part.Multiply(Get(high, low, exponents, special, signs, item + half));
            Put(part, high, low, exponents, special, signs, item);
        }
        if (item != 0) return;
        result.Store(matrix * (1 + withSigns), TLane.First(part.Log()));
        // Adding zero: a negative one is no sign.
        if (withSigns != 0) result.Store((matrix * 2) + 1, TLane.First(part.Sign + TLane.Constant(0)));
    }

    private static void Put(in Determinant<T, TLane> part, TView high, TView low, TView exponents, TView special, TView signs, int at)
    {
        high.Store(at, TLane.First(part.High));
        low.Store(at, TLane.First(part.Low));
        exponents.Store(at, TLane.First(part.Exponent));
        special.Store(at, TLane.First(part.Special));
        signs.Store(at, TLane.First(part.Sign));
    }

    private static Determinant<T, TLane> Get(TView high, TView low, TView exponents, TView special, TView signs, int at) => new()
    {
        High = TLane.Broadcast(high.Load(at)),
        Low = TLane.Broadcast(low.Load(at)),
        Exponent = TLane.Broadcast(exponents.Load(at)),
        Special = TLane.Broadcast(special.Load(at)),
        Sign = TLane.Broadcast(signs.Load(at)),
    };
}
