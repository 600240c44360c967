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
}
