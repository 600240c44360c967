using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>RMSprop (Hinton, lecture 6e), optionally centred (Graves 2013) and with momentum, as in PyTorch's RMSprop.</summary>
/// <remarks>
/// g += decay w;  s = alpha s + (1 - alpha) g^2;  centred: a = alpha a + (1 - alpha) g;  r = sqrt(s, centred: s - a^2) + eps;
/// with momentum b = momentum b + g/r, w -= lr b, else w -= lr g/r. Slots: s, then a if centred, then b with momentum.
/// Centred, a gradient that hardly changes brings s - a^2 near 0, and rounding can take it below: the NaN is PyTorch's too.
/// </remarks>
public sealed class RmsProp<T> : Optimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices value, gradient, s, [a], [b]; sizes none; reals rate, alpha, 1 - alpha, eps, decay, momentum. One kernel for each set of slots.
    private static readonly KernelId PlainKernel = PlaneSweep<T, Rule<Off, Off>>.Define("rmsprop",
        static (in CpuArgs<T> a) => Reference(a, false, false),
        static (in KernelArgs a) => new Rule<Off, Off>(a));

    private static readonly KernelId MomentumKernel = PlaneSweep<T, Rule<Off, On>>.Define("rmsprop-momentum",
        static (in CpuArgs<T> a) => Reference(a, false, true),
        static (in KernelArgs a) => new Rule<Off, On>(a));

    private static readonly KernelId CentredKernel = PlaneSweep<T, Rule<On, Off>>.Define("rmsprop-centred",
        static (in CpuArgs<T> a) => Reference(a, true, false),
        static (in KernelArgs a) => new Rule<On, Off>(a));

    private static readonly KernelId CentredMomentumKernel = PlaneSweep<T, Rule<On, On>>.Define("rmsprop-centred-momentum",
        static (in CpuArgs<T> a) => Reference(a, true, true),
        static (in KernelArgs a) => new Rule<On, On>(a));

    /// <summary>Creates the optimiser.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public RmsProp(double alpha = 0.99, double eps = 1e-8, double momentum = 0, bool centered = false, double weightDecay = 0)
    {
        Alpha = Within("alpha", alpha, 0, 1);
        Eps = Epsilon(eps);
        Momentum = Within("momentum", momentum);
        WeightDecay = Within("weight_decay", weightDecay);
        Centered = centered;
    }

    /// <inheritdoc/>
    public override string Name => "rmsprop";

    /// <inheritdoc/>
    public override int SlotCount => 1 + (Centered ? 1 : 0) + (Momentum > 0 ? 1 : 0);

    /// <summary>Memory of the averages.</summary>
    public double Alpha { get; }

    /// <summary>Added to the root.</summary>
    public double Eps { get; }

    /// <summary>Share of the running update kept at each step.</summary>
    public double Momentum { get; }

    /// <summary>Whether the variance takes the place of the mean square.</summary>
    public bool Centered { get; }

    /// <inheritdoc/>
    protected override KernelId Kernel => (Centered, Momentum > 0) switch
    {
        (false, false) => PlainKernel,
        (false, true) => MomentumKernel,
        (true, false) => CentredKernel,
        (true, true) => CentredMomentumKernel,
    };

    /// <inheritdoc/>
    protected override int ConstantCount => 6;

    /// <inheritdoc/>
    protected override void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step)
    {
        constants[0] = learningRate;
        constants[1] = Alpha;
        constants[2] = 1 - Alpha;
        constants[3] = Eps;
        constants[4] = weightDecay;
        constants[5] = Momentum;
    }

    /// <inheritdoc/>
    protected override void WriteOptions(Utf8JsonWriter writer)
    {
        writer.WriteNumber("alpha", Alpha);
        writer.WriteNumber("eps", Eps);
        writer.WriteNumber("momentum", Momentum);
        writer.WriteBoolean("centered", Centered);
    }

    internal static RmsProp<T> Read(OptimizerOptions options)
        => new(options.Number("alpha", 0.99), options.Number("eps", 1e-8), options.Number("momentum", 0), options.Flag("centered"), options.Number("weight_decay", 0));

    private static void Reference(in CpuArgs<T> args, bool centred, bool momentum)
    {
        T rate = args.Real(0), keep = args.Real(1), take = args.Real(2);
        Span<T> w = args[0], gradient = args[1], s = args[2];
        Span<T> a = centred ? args[3] : default;
        Span<T> b = !momentum ? default : centred ? args[4] : args[3];
        for (int i = 0; i < w.Length; i++)
        {
            T g = gradient[i] + args.Real(4) * w[i];
            s[i] = keep * s[i] + take * (g * g);
            T variance = s[i];
            if (centred)
            {
                a[i] = keep * a[i] + take * g;
                variance -= a[i] * a[i];
            }
            T update = g / (T.Sqrt(variance) + args.Real(3));
            if (momentum) update = b[i] = args.Real(5) * b[i] + update;
            w[i] -= rate * update;
        }
    }

    internal interface ISwitch
    {
        static abstract bool IsOn { get; }
    }

    internal readonly struct On : ISwitch
    {
        public static bool IsOn => true;
    }

    internal readonly struct Off : ISwitch
    {
        public static bool IsOn => false;
    }

    internal readonly struct Rule<TCentred, TMomentum>(in KernelArgs args) : IPlaneRule<Rule<TCentred, TMomentum>, T>
        where TCentred : struct, ISwitch
        where TMomentum : struct, ISwitch
    {
        private readonly T _rate = args.Real<T>(0), _keep = args.Real<T>(1), _take = args.Real<T>(2), _eps = args.Real<T>(3), _decay = args.Real<T>(4), _momentum = args.Real<T>(5);

        public static int Slots => 1 + (TCentred.IsOn ? 1 : 0) + (TMomentum.IsOn ? 1 : 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in Rule<TCentred, TMomentum> rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            TLane keep = TLane.Broadcast(rule._keep), take = TLane.Broadcast(rule._take);
            TLane g = gradient + TLane.Broadcast(rule._decay) * value;
            slot0 = keep * slot0 + take * (g * g);
            TLane variance = slot0;
            if (TCentred.IsOn)
            {
                slot1 = keep * slot1 + take * g;
                variance -= slot1 * slot1;
            }
            TLane update = g / (TLane.Sqrt(variance) + TLane.Broadcast(rule._eps));
            if (TMomentum.IsOn)
            {
                update = TLane.Broadcast(rule._momentum) * (TCentred.IsOn ? slot2 : slot1) + update;
                if (TCentred.IsOn) slot2 = update;
                else slot1 = update;
            }
            value -= TLane.Broadcast(rule._rate) * update;
        }
    }
}
