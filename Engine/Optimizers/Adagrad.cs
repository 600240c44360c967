using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Adagrad (Duchi, Hazan and Singer 2011), as in PyTorch's Adagrad.</summary>
/// <remarks>g += decay w;  s += g^2;  w -= lr/(1 + (t - 1) lr_decay) g / (sqrt(s) + eps). Slots: s.</remarks>
public sealed class Adagrad<T> : Optimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices value, gradient, s; reals rate, eps, decay.
    private static readonly KernelId TheKernel = PlaneSweep<T, Rule>.Define("adagrad",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1], s = a[2];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(2) * w[i];
                s[i] += g * g;
                w[i] -= a.Real(0) * (g / (T.Sqrt(s[i]) + a.Real(1)));
            }
        },
        static (in KernelArgs a) => new Rule(a.Real<T>(0), a.Real<T>(1), a.Real<T>(2)));

    /// <summary>Creates the optimiser.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public Adagrad(double learningRateDecay = 0, double initialAccumulator = 0, double eps = 1e-10, double weightDecay = 0)
    {
        LearningRateDecay = Within("lr_decay", learningRateDecay);
        InitialAccumulator = Within("initial_accumulator_value", initialAccumulator);
        Eps = Epsilon(eps);
        WeightDecay = Within("weight_decay", weightDecay);
    }

    /// <inheritdoc/>
    public override string Name => "adagrad";

    /// <inheritdoc/>
    public override int SlotCount => 1;

    /// <summary>How fast the rate falls with the number of steps.</summary>
    public double LearningRateDecay { get; }

    /// <summary>Sum of squares before the first step.</summary>
    public double InitialAccumulator { get; }

    /// <summary>Added to the root of the sum.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    protected override KernelId Kernel => TheKernel;

    /// <inheritdoc/>
    protected override int ConstantCount => 3;

    /// <inheritdoc/>
    protected override double InitialSlot(int slot) => InitialAccumulator;

    /// <inheritdoc/>
    protected override void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step)
    {
        constants[0] = learningRate / (1 + (step - 1) * LearningRateDecay);
        constants[1] = Eps;
        constants[2] = weightDecay;
    }

    /// <inheritdoc/>
    protected override void WriteOptions(Utf8JsonWriter writer)
    {
        writer.WriteNumber("lr_decay", LearningRateDecay);
        writer.WriteNumber("initial_accumulator_value", InitialAccumulator);
        writer.WriteNumber("eps", Eps);
    }

    internal static Adagrad<T> Read(OptimizerOptions options)
        => new(options.Number("lr_decay", 0), options.Number("initial_accumulator_value", 0), options.Number("eps", 1e-10), options.Number("weight_decay", 0));

    internal readonly struct Rule(T rate, T eps, T decay) : IPlaneRule<Rule, T>
    {
        private readonly T _rate = rate, _eps = eps, _decay = decay;

        public static int Slots => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in Rule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            TLane g = gradient + TLane.Broadcast(rule._decay) * value;
            slot0 += g * g;
            value -= TLane.Broadcast(rule._rate) * (g / (TLane.Sqrt(slot0) + TLane.Broadcast(rule._eps)));
        }
    }
}
