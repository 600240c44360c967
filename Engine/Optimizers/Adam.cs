using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// Adam (Kingma and Ba 2015, algorithm 1) with optional AMSGrad (Reddi et al. 2018), and weight decay as an L2 term (PyTorch's Adam) or
/// decoupled from the gradient (AdamW: Loshchilov and Hutter 2019).
/// </summary>
/// <remarks>
/// L2: g += decay w; decoupled: w *= 1 - lr decay. Then  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
/// w -= lr/(1 - b1^t) m / (sqrt(v)/sqrt(1 - b2^t) + eps). AMSGrad takes the largest v so far. Slots: m, v, and with AMSGrad that maximum.
/// </remarks>
public sealed class Adam<T> : Optimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices value, gradient, m, v, [largest v]; reals as AdamConstants writes them, then L2 decay and the factor on w; one of the two is neutral.
    private static readonly KernelId PlainKernel = PlaneSweep<T, PlainRule>.Define("adam",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1], m = a[2], v = a[3];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(7) * w[i];
                m[i] = a.Real(0) * m[i] + a.Real(1) * g;
                v[i] = a.Real(2) * v[i] + a.Real(3) * (g * g);
                w[i] = a.Real(8) * w[i] - a.Real(5) * (m[i] / (T.Sqrt(v[i]) * a.Real(6) + a.Real(4)));
            }
        },
        static (in KernelArgs a) => new PlainRule(new AdamConstants<T>(a), a.Real<T>(7), a.Real<T>(8)));

    private static readonly KernelId MaximumKernel = PlaneSweep<T, MaximumRule>.Define("adam-amsgrad",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1], m = a[2], v = a[3], largest = a[4];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(7) * w[i];
                m[i] = a.Real(0) * m[i] + a.Real(1) * g;
                v[i] = a.Real(2) * v[i] + a.Real(3) * (g * g);
                largest[i] = T.Max(largest[i], v[i]);
                w[i] = a.Real(8) * w[i] - a.Real(5) * (m[i] / (T.Sqrt(largest[i]) * a.Real(6) + a.Real(4)));
            }
        },
        static (in KernelArgs a) => new MaximumRule(new AdamConstants<T>(a), a.Real<T>(7), a.Real<T>(8)));

    /// <summary>Creates the optimiser.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public Adam(double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0, bool amsgrad = false, bool decoupled = false)
    {
        Beta1 = Within("betas[0]", beta1, 0, 1);
        Beta2 = Within("betas[1]", beta2, 0, 1);
        Eps = Epsilon(eps);
        WeightDecay = Within("weight_decay", weightDecay);
        Amsgrad = amsgrad;
        Decoupled = decoupled;
    }

    /// <inheritdoc/>
    public override string Name => Decoupled ? "adamw" : "adam";

    /// <inheritdoc/>
    public override int SlotCount => Amsgrad ? 3 : 2;

    /// <summary>Memory of the mean gradient.</summary>
    public double Beta1 { get; }

    /// <summary>Memory of the mean square.</summary>
    public double Beta2 { get; }

    /// <summary>Added to the root mean square.</summary>
    public double Eps { get; }

    /// <summary>Whether the largest mean square so far takes the place of the present one.</summary>
    public bool Amsgrad { get; }

    /// <summary>Whether decay shrinks the parameters (AdamW) instead of joining the gradient.</summary>
    public bool Decoupled { get; }

    /// <inheritdoc/>
    protected override KernelId Kernel => Amsgrad ? MaximumKernel : PlainKernel;

    /// <inheritdoc/>
    protected override int ConstantCount => 9;

    /// <inheritdoc/>
    protected override void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step)
    {
        AdamConstants<T>.Write(constants, Beta1, Beta2, Eps, learningRate, step);
        constants[7] = Decoupled ? 0 : weightDecay;
        constants[8] = Decoupled ? 1 - learningRate * weightDecay : 1;
    }

    /// <inheritdoc/>
    protected override void WriteOptions(Utf8JsonWriter writer)
    {
        OptimizerOptions.WritePair(writer, "betas", Beta1, Beta2);
        writer.WriteNumber("eps", Eps);
        writer.WriteBoolean("amsgrad", Amsgrad);
    }

    internal static Adam<T> Read(OptimizerOptions options, bool decoupled)
    {
        (double beta1, double beta2) = options.Pair("betas", 0.9, 0.999);
        return new Adam<T>(beta1, beta2, options.Number("eps", 1e-8), options.Number("weight_decay", decoupled ? 0.01 : 0), options.Flag("amsgrad"), decoupled);
    }

    internal readonly struct PlainRule(AdamConstants<T> adam, T decay, T keep) : IPlaneRule<PlainRule, T>
    {
        private readonly AdamConstants<T> _adam = adam;
        private readonly T _decay = decay, _keep = keep;

        public static int Slots => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in PlainRule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            rule._adam.Average(gradient + TLane.Broadcast(rule._decay) * value, ref slot0, ref slot1);
            value = TLane.Broadcast(rule._keep) * value - rule._adam.Update(slot0, slot1);
        }
    }

    internal readonly struct MaximumRule(AdamConstants<T> adam, T decay, T keep) : IPlaneRule<MaximumRule, T>
    {
        private readonly AdamConstants<T> _adam = adam;
        private readonly T _decay = decay, _keep = keep;

        public static int Slots => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in MaximumRule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            rule._adam.Average(gradient + TLane.Broadcast(rule._decay) * value, ref slot0, ref slot1);
            slot2 = LaneMaximum.Of<TLane, T>(slot2, slot1);
            value = TLane.Broadcast(rule._keep) * value - rule._adam.Update(slot0, slot2);
        }
    }
}
