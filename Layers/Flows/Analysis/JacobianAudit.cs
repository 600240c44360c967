using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Holds what training computes against the truth: for every layer of a flow, and for the flow, the log-determinant's value and gradient as the
/// strategy gives them against the exact ones, over repeated draws. And bijectors of one's own against brute force.
/// </summary>
/// <remarks>In double, so that what is seen is the strategy and not rounding; <see cref="DoubleCopy"/> makes a double of any flow.</remarks>
public static class JacobianAudit
{
    /// <summary>Audits a layer by itself, with standard normal behind it.</summary>
    /// <param name="layer">Not attached yet; it is attached to a flow that ends with the audit.</param>
    /// <param name="x">Rows [rows x D].</param>
    /// <param name="options">How thoroughly; null for the defaults.</param>
    /// <param name="seed">Seed of the layer's start values.</param>
    /// <exception cref="ArgumentException">No whole rows, or an option is out of range.</exception>
    public static FlowAudit OfStrategy(IBijector<double> layer, ReadOnlySpan<double> x, AuditOptions? options = null, ulong seed = 0)
    {
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([layer], new StandardNormal<double>(layer.Dimension), seed, backend);
        return OfStrategy(flow, x, options);
    }

    /// <summary>Audits every layer of a flow by itself, with the exact gradient that the layers behind it pass back, then all together. The flow stays as it is.</summary>
    /// <param name="flow">The flow, at the parameters it has.</param>
    /// <param name="x">Rows [rows x D].</param>
    /// <param name="options">How thoroughly; null for the defaults.</param>
    /// <param name="context">Context [rows x columns]; empty for a flow without.</param>
    /// <param name="stop">Ends the audit after the draw under way; what was finished is returned.</param>
    /// <exception cref="ArgumentException">No whole rows, or an option is out of range.</exception>
    /// <exception cref="NotSupportedException">The flow gives a bound even in evaluation: there is nothing exact to hold it against.</exception>
    public static FlowAudit OfStrategy(Flow<double> flow, ReadOnlySpan<double> x, AuditOptions? options = null, ReadOnlySpan<double> context = default, CancellationToken stop = default)
    {
        options ??= new AuditOptions();
        options.Check();
        int d = flow.Dimension, rows = x.Length / d;
        if (rows < 1 || rows * d != x.Length) throw new ArgumentException($"JacobianAudit: {x.Length} numbers are no whole rows of {d} features.");
        if (flow.EvaluationValue != ValueKind.Exact) throw new NotSupportedException("JacobianAudit: a layer of the flow gives a bound even in evaluation, so there is nothing exact to hold it against; audit the other layers by themselves.");
        flow.RequireContext("JacobianAudit", rows, context.Length);
        using var run = new StrategyAudit(flow, x, context, options, stop);
        return run.Run();
    }

    /// <summary>
    /// Checks a bijector of one's own, in evaluation: round trips by their true error, log-determinants against brute force in both directions, their sum,
    /// conditioning, gradients against differences, rows that must not depend on each other, finite values far away.
    /// </summary>
    /// <param name="bijector">Attached to <paramref name="store"/>, or to nothing yet.</param>
    /// <param name="points">Points x [points x D], inside the domain.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="store">The built store that the bijector is attached to; null attaches it to one that ends with the audit.</param>
    /// <remarks>Cost: for every point 4 D passes and two backward passes of D rows. All in double; a store of a flow in single precision comes from <see cref="DoubleCopy"/>.</remarks>
    /// <exception cref="ArgumentException">No whole points.</exception>
    public static BijectorAudit OfBijector(IBijector<double> bijector, ReadOnlySpan<double> points, BijectorAuditOptions? options = null, ParameterStore<double>? store = null)
    {
        RequirePoints(points.Length, bijector.Dimension);
        options ??= new BijectorAuditOptions();
        if (store is not null)
        {
            using var tape = new Tape<double>(store.Backend, store);
            return new BijectorChecklist(new BijectorUnderTest(tape, bijector), points.ToArray(), options).Run();
        }
        using var backend = new SimdBackend<double>(1);
        using var own = new ParameterStore<double>(backend);
        bijector.Attach(own, "audit", options.Seed);
        own.Build();
        foreach (ParameterStore<double>.Entry p in own.Parameters)
        {
            double[] value = own.Read(p.Var), noise = new double[value.Length];
            RandomFill.Gaussian<double>(SeedMix.Of(options.Seed, 0x6E6F), (ulong)p.Var.Offset, 0, noise);
            for (int i = 0; i < value.Length; i++) value[i] += options.Perturbation * noise[i];
            own.Write(p.Var, value);
        }
        using var ownTape = new Tape<double>(backend, own);
        return new BijectorChecklist(new BijectorUnderTest(ownTape, bijector), points.ToArray(), options).Run();
    }

    /// <summary>The same for a plain pair of functions, whose Jacobians come from central differences alone.</summary>
    /// <param name="dimension">D.</param>
    /// <param name="forward">From data to latent.</param>
    /// <param name="inverse">From latent to data.</param>
    /// <param name="points">Points x [points x D].</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="ArgumentException">No whole points, or a function changes the number of features.</exception>
    public static BijectorAudit OfBijector(int dimension, ArrayMap forward, ArrayMap inverse, ReadOnlySpan<double> points, BijectorAuditOptions? options = null)
    {
        RequirePoints(points.Length, dimension);
        return new BijectorChecklist(new BijectorUnderTest(dimension, forward, inverse), points.ToArray(), options ?? new BijectorAuditOptions()).Run();
    }

    private static void RequirePoints(int length, int dimension)
    {
        if (dimension < 1 || length < dimension || length % dimension != 0) throw new ArgumentException($"JacobianAudit: {length} numbers are no whole points of {dimension} features.");
    }
}
