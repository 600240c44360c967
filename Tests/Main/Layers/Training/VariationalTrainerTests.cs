using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class VariationalTrainerTests
{
    // log Z of the unnormalised target.
    private const double LogZ = 1.7;

    private static readonly double[] Mean = [1.5, -0.5], Covariance = [1.2, 0.9, 0.9, 1.1];

    [Fact]
    public void ALinearFlowBecomesACorrelatedGaussian()
    {
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new Linear<double>(2)], new StandardNormal<double>(2), 3, backend);
        var target = new FullNormalCovariance<double>(2, Mean, Covariance, trainable: false);
        using var trainer = Trainer(flow, (tape, x) => tape.AddConstant(target.LogProb(tape, x), LogZ), 1500);
        double first = trainer.Evaluate(2000, 1).LowerBound;
        trainer.Fit(1500);
        VariationalEvaluation after = trainer.Evaluate(4000, 1);

        // The flow can be the target: then every sample's log weight is log Z.
        Assert.True(first < LogZ - 0.3, $"{first} before training");
        Assert.InRange(after.LowerBound, LogZ - 1e-3, LogZ + 4 * after.StandardError + 1e-12);
        Assert.InRange(after.LogNormalizer, LogZ - 1e-3, LogZ + 1e-3);
        Assert.InRange(after.EffectiveSamples, 0.998, 1);
        double[] drawn = flow.Sample(50_000, 8), mean = new double[2], covariance = new double[4];
        for (int i = 0; i < drawn.Length; i++) mean[i % 2] += drawn[i] / 50_000;
        for (int r = 0; r < 50_000; r++)
            for (int i = 0; i < 4; i++) covariance[i] += (drawn[2 * r + i / 2] - mean[i / 2]) * (drawn[2 * r + i % 2] - mean[i % 2]) / 50_000;

        // 5 standard errors of 50 000 samples, and what training leaves.
        BijectorChecks.Close("mean", mean, Mean, 0.03);
        BijectorChecks.Close("covariance", covariance, Covariance, 0.05);
    }

    [Fact]
    public void ABaseLearnsThroughItsSamples()
    {
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new SmoothLeakyRelu<double>(2, 0.5), new SmoothLeakyRelu<double>(2, 0.5)], new DiagonalNormal<double>(2), 3, backend);

        // The target is the flow itself with other parameters of its base.
        using var truth = new Flow<double>([new SmoothLeakyRelu<double>(2, 0.5), new SmoothLeakyRelu<double>(2, 0.5)], new DiagonalNormal<double>(2, [1, -2], [-0.5, 0.3], trainable: false), 3, backend);
        using var trainer = Trainer(flow, (tape, x) =>
        {
            FlowStep step = truth.Forward(tape, x, new StepContext());
            return tape.Add(truth.Base.LogProb(tape, step.Output), step.LogAbsDet);
        }, 1500);
        trainer.Fit(1500);
        BijectorChecks.Close("loc", flow.Store.Read(flow.Store.Find("base.loc")), [1, -2], 5e-3);
        BijectorChecks.Close("log_scale", flow.Store.Read(flow.Store.Find("base.log_scale")), [-0.5, 0.3], 5e-3);
        // Errors of 5e-3 in four parameters cost about 1e-4 nats; 2000 log weights of that spread have a mean known to 4 standard errors.
        VariationalEvaluation after = trainer.Evaluate(2000, 1);
        Assert.InRange(after.StandardError, 0, 5e-4);
        Assert.InRange(after.LowerBound, -2e-4 - 4 * after.StandardError, 4 * after.StandardError);
    }

    [Fact]
    public void TheGradientIsThatOfTheObjective()
    {
        // One step of plain gradient descent moves parameters by minus rate times gradient; compared with differences of the same batch's objective.
        const double Rate = 1e-3;
        var target = new FullNormalCovariance<double>(2, Mean, Covariance, trainable: false);
        double Objective(Action<Flow<double>> change, out double[] moved)
        {
            using var backend = new SimdBackend<double>(1);
            using var flow = new Flow<double>([new Linear<double>(2), new SmoothLeakyRelu<double>(2, 0.4)], new DiagonalNormal<double>(2), 3, backend);
            change(flow);
            double[] before = Parameters(flow);
            using var trainer = new VariationalTrainer<double>(flow, target.LogProb, OptimizerFactory.Create<double>("sgd"), new VariationalOptions { BatchSize = 32, Schedule = LearningRateSchedule.Constant(Rate), Seed = 5 });
            double value = trainer.Step().Objective;
            moved = [.. Parameters(flow).Zip(before, (a, b) => (a - b) / -Rate)];
            return value;
        }

        Objective(_ => { }, out double[] gradient);
        Assert.Equal(10, gradient.Length);
        for (int i = 0; i < gradient.Length; i++)
        {
            double up = Objective(f => Shift(f, i, 1e-4), out _), down = Objective(f => Shift(f, i, -1e-4), out _);
            BijectorChecks.Close($"gradient of number {i}", [gradient[i]], [(up - down) / 2e-4], 1e-6);
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSameBitsAndAStepAllocatesNothing()
    {
        var target = new FullNormalCovariance<double>(2, Mean, Covariance, trainable: false);
        double[] Run(ulong seed)
        {
            using var backend = new SimdBackend<double>(1);
            using var flow = new Flow<double>([new Linear<double>(2)], new StandardNormal<double>(2), 3, backend);
            using var trainer = new VariationalTrainer<double>(flow, target.LogProb, OptimizerFactory.Create<double>("adam"), new VariationalOptions { Seed = seed });
            trainer.Fit(5);
            long before = GC.GetAllocatedBytesForCurrentThread();
            trainer.Fit(10);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(10, trainer.Steps);
            return Parameters(flow);
        }

        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void WhatCannotBeTrainedIsNamed()
    {
        using var backend = new SimdBackend<double>(1);
        using var mixture = new Flow<double>([new Linear<double>(2)], new DiagonalGaussianMixture<double>(2, 3), 3, backend);
        var target = new FullNormalCovariance<double>(2, Mean, Covariance, trainable: false);
        BadInputException refused = Assert.Throws<BadInputException>(() => Trainer(mixture, target.LogProb, 1));
        Assert.Contains("diagonal-gaussian-mixture carry no gradient", refused.Message, StringComparison.Ordinal);
        using var fixedMixture = new Flow<double>([new Linear<double>(2)], new DiagonalGaussianMixture<double>(2, 3, trainable: false), 3, backend);
        using var allowed = Trainer(fixedMixture, target.LogProb, 10);
        allowed.Step();

        using var flow = new Flow<double>([new Linear<double>(2)], new StandardNormal<double>(2), 3, backend);
        using var shape = Trainer(flow, (tape, x) => x, 10);
        Assert.Contains("256x2; it must be 256x1", Assert.Throws<ArgumentException>(() => shape.Step()).Message, StringComparison.Ordinal);
        using var other = new Flow<double>([new Linear<double>(2)], new StandardNormal<double>(2), 3, backend);
        using var infinite = Trainer(other, (tape, x) => tape.Log(tape.Scale(tape.SumColumns(tape.Square(x)), -1)), 10);
        double[] before = Parameters(other);
        Assert.Contains("Step 0: the objective is NaN", Assert.Throws<NonFiniteException>(() => infinite.Step()).Message, StringComparison.Ordinal);
        Assert.Equal(before, Parameters(other));
    }

    private static VariationalTrainer<double> Trainer(Flow<double> flow, Func<Tape<double>, Var, Var> target, long steps)
        => new(flow, target, OptimizerFactory.Create<double>("adam"), new VariationalOptions { Schedule = LearningRateSchedule.Cosine(0.02, steps), Seed = 4 });

    private static double[] Parameters(Flow<double> flow) => [.. flow.Store.Parameters.SelectMany(p => flow.Store.Read(p.Var))];

    private static void Shift(Flow<double> flow, int index, double step)
    {
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            double[] values = flow.Store.Read(p.Var);
            if (index < values.Length)
            {
                values[index] += step;
                flow.Store.Write(p.Var, values);
                return;
            }

            index -= values.Length;
        }
    }
}
