using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Gradient descent with momentum, dampening, Nesterov's look-ahead and L2 decay, as in PyTorch's SGD.</summary>
/// <remarks>
/// g += decay w;  b = momentum b + (1 - dampening) g (first step: b = g);  w -= lr (g + momentum b with Nesterov, else b).
/// Without momentum w -= lr g. Slots: b, with momentum only.
/// </remarks>
public sealed class Sgd<T> : Optimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices value, gradient; reals rate, decay.
    private static readonly KernelId PlainKernel = PlaneSweep<T, PlainRule>.Define("sgd",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(1) * w[i];
                w[i] -= a.Real(0) * g;
            }
        },
        static (in KernelArgs a) => new PlainRule(a.Real<T>(0), a.Real<T>(1)));

    // Slices value, gradient, b; reals rate, decay, momentum, factor on g in b, factors on g and on b in the update.
    private static readonly KernelId MomentumKernel = PlaneSweep<T, MomentumRule>.Define("sgd-momentum",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1], b = a[2];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(1) * w[i];
                b[i] = a.Real(2) * b[i] + a.Real(3) * g;
                w[i] -= a.Real(0) * (a.Real(4) * g + a.Real(5) * b[i]);
            }
        },
        static (in KernelArgs a) => new MomentumRule(a.Real<T>(0), a.Real<T>(1), a.Real<T>(2), a.Real<T>(3), a.Real<T>(4), a.Real<T>(5)));

    /// <summary>Creates the optimiser.</summary>
    /// <exception cref="BadInputException">An option is out of range, or Nesterov is asked for without momentum or with dampening.</exception>
    public Sgd(double momentum = 0, double dampening = 0, bool nesterov = false, double weightDecay = 0)
    {
        Momentum = Within("momentum", momentum);
        Dampening = Within("dampening", dampening);
        WeightDecay = Within("weight_decay", weightDecay);
        Nesterov = nesterov;
        if (nesterov && (momentum == 0 || dampening != 0))
            throw new BadInputException($"Optimizer 'sgd': nesterov needs a momentum above 0 and a dampening of 0; they are {momentum} and {dampening}.");
    }

    /// <inheritdoc/>
    public override string Name => "sgd";

    /// <inheritdoc/>
    public override int SlotCount => Momentum > 0 ? 1 : 0;

    /// <summary>Share of the running sum kept at each step.</summary>
    public double Momentum { get; }

    /// <summary>Share of the gradient kept out of the running sum.</summary>
    public double Dampening { get; }

    /// <summary>Whether the update looks one step ahead.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    protected override KernelId Kernel => Momentum > 0 ? MomentumKernel : PlainKernel;

    /// <inheritdoc/>
    protected override int ConstantCount => Momentum > 0 ? 6 : 2;

    /// <inheritdoc/>
    protected override void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step)
    {
        constants[0] = learningRate;
        constants[1] = weightDecay;
        if (Momentum == 0) return;
        constants[2] = Momentum;
        constants[3] = step == 1 ? 1 : 1 - Dampening;
        constants[4] = Nesterov ? 1 : 0;
        constants[5] = Nesterov ? Momentum : 1;
    }

    /// <inheritdoc/>
    protected override void WriteOptions(Utf8JsonWriter writer)
    {
        writer.WriteNumber("momentum", Momentum);
        writer.WriteNumber("dampening", Dampening);
        writer.WriteBoolean("nesterov", Nesterov);
    }

    internal static Sgd<T> Read(OptimizerOptions options)
        => new(options.Number("momentum", 0), options.Number("dampening", 0), options.Flag("nesterov"), options.Number("weight_decay", 0));

    internal readonly struct PlainRule(T rate, T decay) : IPlaneRule<PlainRule, T>
    {
        private readonly T _rate = rate, _decay = decay;

        public static int Slots => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in PlainRule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            TLane g = gradient + TLane.Broadcast(rule._decay) * value;
            value -= TLane.Broadcast(rule._rate) * g;
        }
    }

    internal readonly struct MomentumRule(T rate, T decay, T momentum, T intake, T direct, T running) : IPlaneRule<MomentumRule, T>
    {
        private readonly T _rate = rate, _decay = decay, _momentum = momentum, _intake = intake, _direct = direct, _running = running;

        public static int Slots => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in MomentumRule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            TLane g = gradient + TLane.Broadcast(rule._decay) * value;
            slot0 = TLane.Broadcast(rule._momentum) * slot0 + TLane.Broadcast(rule._intake) * g;
            value -= TLane.Broadcast(rule._rate) * (TLane.Broadcast(rule._direct) * g + TLane.Broadcast(rule._running) * slot0);
        }
    }
}
