using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Adam with the infinity norm (Kingma and Ba 2015, algorithm 2), as in PyTorch's Adamax.</summary>
/// <remarks>g += decay w;  m = b1 m + (1 - b1) g;  u = max(b2 u, |g| + eps);  w -= lr/(1 - b1^t) m/u. Slots: m, u.</remarks>
public sealed class Adamax<T> : Optimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices value, gradient, m, u; reals b1, 1 - b1, b2, eps, corrected rate, decay.
    private static readonly KernelId TheKernel = PlaneSweep<T, Rule>.Define("adamax",
        static (in CpuArgs<T> a) =>
        {
            Span<T> w = a[0], gradient = a[1], m = a[2], u = a[3];
            for (int i = 0; i < w.Length; i++)
            {
                T g = gradient[i] + a.Real(5) * w[i];
                m[i] = a.Real(0) * m[i] + a.Real(1) * g;
                u[i] = T.Max(a.Real(2) * u[i], T.Abs(g) + a.Real(3));
                w[i] -= a.Real(4) * (m[i] / u[i]);
            }
        },
        static (in KernelArgs a) => new Rule(a.Real<T>(0), a.Real<T>(1), a.Real<T>(2), a.Real<T>(3), a.Real<T>(4), a.Real<T>(5)));

    /// <summary>Creates the optimiser.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public Adamax(double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0)
    {
        Beta1 = Within("betas[0]", beta1, 0, 1);
        Beta2 = Within("betas[1]", beta2, 0, 1);
        Eps = Epsilon(eps);
        WeightDecay = Within("weight_decay", weightDecay);
    }

    /// <inheritdoc/>
    public override string Name => "adamax";

    /// <inheritdoc/>
    public override int SlotCount => 2;

    /// <summary>Memory of the mean gradient.</summary>
    public double Beta1 { get; }

    /// <summary>Memory of the largest gradient.</summary>
    public double Beta2 { get; }

    /// <summary>Added to the gradient's absolute value.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    protected override KernelId Kernel => TheKernel;

    /// <inheritdoc/>
    protected override int ConstantCount => 6;

    /// <inheritdoc/>
    protected override void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step)
    {
        constants[0] = Beta1;
        constants[1] = 1 - Beta1;
        constants[2] = Beta2;
        constants[3] = Eps;
        constants[4] = learningRate / (1 - Math.Pow(Beta1, step));
        constants[5] = weightDecay;
    }

    /// <inheritdoc/>
    protected override void WriteOptions(Utf8JsonWriter writer)
    {
        OptimizerOptions.WritePair(writer, "betas", Beta1, Beta2);
        writer.WriteNumber("eps", Eps);
    }

    internal static Adamax<T> Read(OptimizerOptions options)
    {
        (double beta1, double beta2) = options.Pair("betas", 0.9, 0.999);
        return new Adamax<T>(beta1, beta2, options.Number("eps", 1e-8), options.Number("weight_decay", 0));
    }

    internal readonly struct Rule(T keep1, T take1, T keep2, T eps, T rate, T decay) : IPlaneRule<Rule, T>
    {
        private readonly T _keep1 = keep1, _take1 = take1, _keep2 = keep2, _eps = eps, _rate = rate, _decay = decay;

        public static int Slots => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Apply<TLane>(in Rule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, T>
        {
            TLane g = gradient + TLane.Broadcast(rule._decay) * value;
            slot0 = TLane.Broadcast(rule._keep1) * slot0 + TLane.Broadcast(rule._take1) * g;
            slot1 = LaneMaximum.Of<TLane, T>(TLane.Broadcast(rule._keep2) * slot1, TLane.Abs(g) + TLane.Broadcast(rule._eps));
            value -= TLane.Broadcast(rule._rate) * (slot0 / slot1);
        }
    }
}
