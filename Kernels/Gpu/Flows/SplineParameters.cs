using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The raw parameters of one spline and the settings of all, as a kernel reads them; see <see cref="RationalQuadratic"/>.</summary>
/// <param name="raw">Raw parameters of all splines.</param>
/// <param name="settings">Settings.</param>
/// <param name="at">Where this spline's begin.</param>
/// <param name="bins">Bins.</param>
public readonly struct SplineParameters<T, TView, TLane>(TView raw, TView settings, int at, int bins)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Half of the width of the square outside which the map is the identity.</summary>
    public TLane Bound => Setting(0);

    private TLane LeastSlope => Setting(3);

    private TLane Beta => Setting(4);

    private TLane Factor => Setting(5);

    /// <summary>What the raw slope at inner knot <paramref name="knot"/> makes: the slope.</summary>
    public TLane Slope(int knot)
        => knot == 0 || knot == bins ? TLane.Constant(1) : LeastSlope + (LaneMath.Softplus<TLane, T>(Beta * Raw(2, knot - 1)) / Beta);

    /// <summary>Derivative of the slope at an inner knot by its raw one.</summary>
    public TLane SlopeDerivative(int knot) => LaneMath.Sigmoid<TLane, T>(Beta * Raw(2, knot - 1));

    /// <summary>Greatest of the raw sizes times the factor, and the sum of the exponentials below it: widths are side 0, heights side 1.</summary>
    public void Softmax(int side, out TLane greatest, out TLane sum)
    {
        greatest = Factor * Raw(side, 0);
        for (int j = 1; j < bins; j++) greatest = TLane.Max(greatest, Factor * Raw(side, j));
        sum = TLane.Constant(0);
        for (int j = 0; j < bins; j++) sum += Exp(side, j, greatest);
    }

    /// <summary>Exponential of a raw size.</summary>
    public TLane Exp(int side, int j, TLane greatest) => TLane.Exp((Factor * Raw(side, j)) - greatest);

    /// <summary>What the softmax shares out, in units of x.</summary>
    public TLane Rest(int side) => (TLane.Constant(1) - (Setting(1 + side) * TLane.Constant(bins))) * (Bound + Bound);

    /// <summary>Derivative of the sum of sizes by a raw one, over the difference of gradients and over the softmax.</summary>
    public TLane RestByRaw(int side) => Rest(side) * Factor;

    /// <summary>Where the right end of bin <paramref name="j"/> lies: from the exponentials up to it, with the rest over the sum of all.</summary>
    public TLane Knot(int side, int j, TLane rest, TLane exponentials)
    {
        TLane bound = Bound, least = (bound + bound) * Setting(1 + side);
        return j == bins - 1 ? bound : TLane.MultiplyAdd(rest, exponentials, TLane.MultiplyAdd(TLane.Constant(j + 1), least, -bound));
    }

    private TLane Setting(int i) => TLane.Broadcast(settings.Load(i));

    private TLane Raw(int part, int j) => TLane.Broadcast(raw.Load(at + (part * bins) + j));
}
