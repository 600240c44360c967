using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>What is wrong with a <see cref="PlantedEstimator"/>.</summary>
public enum EstimatorFault
{
    /// <summary>Nothing: the power series with roulette.</summary>
    None,

    /// <summary>The term of J^(k+1) weighs 1/k instead of 1/(k+1), as in torchflows.</summary>
    ShiftedWeight,

    /// <summary>One term, declared unbiased.</summary>
    CutOff,

    /// <summary>The exact value with the other sign.</summary>
    Sign,

    /// <summary>Products without a graph, as in FrEIA: the value is right, its gradient is missing.</summary>
    NoGraph,

    /// <summary>A number where no value is declared.</summary>
    ValueOfNone,
}

/// <summary>The roulette with stop 1/2 and one exact term, with a defect and with moments as told.</summary>
public sealed class PlantedEstimator(EstimatorFault fault, Func<double[], EstimatorMoments>? moments = null, double stop = 0.5) : ILogDetEstimator<double>
{
    /// <inheritdoc/>
    public string Name => "planted";

    /// <inheritdoc/>
    public ValueKind Value => fault switch { EstimatorFault.Sign => ValueKind.Exact, EstimatorFault.ValueOfNone => ValueKind.None, _ => ValueKind.Unbiased };

    /// <inheritdoc/>
    public GradientKind Gradient => fault == EstimatorFault.Sign ? GradientKind.Exact : GradientKind.Unbiased;

    /// <inheritdoc/>
    public Var Record(Tape<double> tape, Var output, Var input, ulong key, long step)
    {
        if (fault == EstimatorFault.Sign) return tape.Negate(ExactLogDet<double>.Record(tape, output, input));
        var roulette = new RussianRoulette(stop, 1, 0.1);
        Span<double> weights = stackalloc double[fault == EstimatorFault.CutOff ? 1 : roulette.Draw(SeedMix.Of(key, 1), (ulong)step)];
        if (fault == EstimatorFault.CutOff) weights.Fill(1);
        else roulette.Fill(weights);
        for (int i = 1; i < weights.Length && fault == EstimatorFault.ShiftedWeight; i++) weights[i] *= (i + 1.0) / i;
        Var probe = Probes.Draw(tape, ProbeKind.Rademacher, input.Rows, input.Cols, key, (ulong)step, 0);
        Var sum = PowerSeries.Record(tape, output, input, probe, weights);
        return fault == EstimatorFault.NoGraph ? tape.Add(sum.Detach(), tape.Subtract(sum, sum.Detach()).Detach()) : sum;
    }

    /// <inheritdoc/>
    public EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension) => moments is null ? EstimatorMoments.Unknown : moments(jacobian.ToArray());

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}

/// <summary>z = 3/2 x: the residual map of J = 1/2.</summary>
public sealed class HalfResidual(ILogDetEstimator<double> estimator) : IBijector<double>
{
    /// <inheritdoc/>
    public string Kind => "half-residual";

    /// <inheritdoc/>
    public int Dimension => 1;

    /// <inheritdoc/>
    public void Attach(ParameterStore<double> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<double> tape, Var x, in StepContext c)
    {
        Var input = x.NeedsGrad ? x : tape.Input([1.0], 1, 1, needsGrad: true), g = tape.Scale(input, 0.5), z = tape.Add(input, g);
        if (c.Mode == FlowMode.Evaluate) return FlowStep.Exact(z, tape.Constant(Math.Log(1.5), x.Rows, 1));
        return new FlowStep(z, estimator.Record(tape, g, input, c.Key, c.Step), estimator.Value, estimator.Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c) => FlowStep.Exact(tape.Scale(z, 1 / 1.5), tape.Constant(-Math.Log(1.5), z.Rows, 1));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
