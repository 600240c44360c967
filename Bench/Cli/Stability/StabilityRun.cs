using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>Trains one arm in float and measures it.</summary>
internal static class StabilityRun
{
    private const double Spike = 20;
    private const int Window = 100;

    // So large that nothing is clipped: the trainer then reports the gradient's norm, and refuses one that is not finite.
    private const double NoClipping = 1e30;

    /// <summary>Trains and measures; null when stopped.</summary>
    public static StabilityResult? Run(StabilitySetup setup, StabilityArm arm, ulong seed, CancellationToken stop)
    {
        using var backend = new SimdBackend<float>(1);
        using Flow<float> flow = arm.Build(setup, seed, backend);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions
        {
            BatchSize = setup.Batch,
            Seed = seed,
            ClipNorm = NoClipping,
            Schedule = LearningRateSchedule.Constant(arm.Rate),
            BiLipschitz = arm.Penalty,
        });
        var normal = new double[setup.Batch * setup.Dimension];
        var batch = new float[normal.Length];
        var losses = new List<double>();
        int nonFinite = 0, spikes = 0;
        double most = 0;
        for (int step = 0; step < setup.Steps; step++)
        {
            if (stop.IsCancellationRequested) return null;
            setup.Train(seed, step, normal, batch);
            if (step == 0) flow.Initialize(batch);
            StepReport report;
            try
            {
                report = trainer.Step(batch);
            }
            catch (NonFiniteException)
            {
                // What the experiment counts; parameters are as before the step, and the next batch is another.
                nonFinite++;
                continue;
            }

            most = Math.Max(most, report.GradientNorm);
            if (losses.Count >= Window && report.Objective > Median(losses) + Spike) spikes++;
            losses.Add(report.Objective);
        }

        double[] test = setup.Test(seed), far = setup.FarPoints(test);
        (double gap, double error) = Gap(setup, flow, test);
        RoundTrip near = RoundTrip.Of(flow, Floats(test));
        (double farTrip, int farBad) = FarRoundTrip(flow, Floats(far));
        if (Attack(setup, flow, test, seed, stop) is not { } attack) return null;
        using var exact = new SimdBackend<double>(1);
        using Flow<double> twin = arm.Build(setup, seed, exact);
        Copy(flow.Store, twin.Store);
        StabilityStretch stretch = Stretch(setup, twin, test, all: true), farStretch = Stretch(setup, twin, far, all: false);
        return new StabilityResult(arm, gap, error, nonFinite, spikes, most, stretch, near.Largest, attack, farStretch, farTrip, farBad, far.Length / setup.Dimension);
    }

    /// <summary>Attacks rows spread evenly over the test rows, in balls measured by the test rows' standard deviations; null when stopped.</summary>
    public static AttackReport? Attack(StabilitySetup setup, Flow<float> flow, double[] test, ulong seed, CancellationToken stop)
    {
        int d = flow.Dimension, count = test.Length / d, rows = Math.Min(setup.AttackRows, count);
        var x = new float[rows * d];
        var scale = new double[d];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < d; i++) x[(r * d) + i] = (float)test[((int)((long)r * count / rows) * d) + i];
        for (int i = 0; i < d; i++)
        {
            double mean = 0, square = 0;
            for (int r = 0; r < count; r++) mean += test[(r * d) + i] / count;
            for (int r = 0; r < count; r++) square += (test[(r * d) + i] - mean) * (test[(r * d) + i] - mean) / count;
            scale[i] = Math.Sqrt(square);
        }

        AttackReport report = InvertibilityAttack.Run<float>(flow, x, scale, new AttackOptions { Steps = setup.AttackSteps, Key = seed }, stop);
        return stop.IsCancellationRequested ? null : report;
    }

    private static double Median(List<double> losses)
    {
        double[] last = [.. losses.Skip(losses.Count - Window)];
        Array.Sort(last);
        return (last[(Window / 2) - 1] + last[Window / 2]) / 2;
    }

    private static (double Gap, double Error) Gap(StabilitySetup setup, Flow<float> flow, double[] test)
    {
        int d = setup.Dimension, rows = test.Length / d;
        float[] model = flow.LogProb(Floats(test));
        var gap = new double[rows];
        for (int r = 0; r < rows; r++) gap[r] = setup.LogDensity(test.AsSpan(r * d, d)) - model[r];
        double mean = gap.Average();
        return (mean, Math.Sqrt(gap.Sum(g => (g - mean) * (g - mean)) / (rows - 1) / rows));
    }

    private static (double Largest, int NonFinite) FarRoundTrip(Flow<float> flow, float[] x)
    {
        int d = flow.Dimension, rows = x.Length / d, bad = 0;
        using var tape = new Tape<float>(flow.Backend, flow.Store) { RecordsGradients = false };
        var c = new StepContext { Mode = FlowMode.Evaluate };
        var back = new float[x.Length];
        tape.Read(flow.Inverse(tape, flow.Forward(tape, tape.Input(x, rows, d), c).Output, c).Output, back);
        double largest = 0;
        for (int r = 0; r < rows; r++)
        {
            double error = 0;
            bool finite = true;
            for (int i = r * d; i < (r + 1) * d; i++)
            {
                finite &= float.IsFinite(back[i]);
                error = Math.Max(error, Math.Abs((double)back[i] - x[i]));
            }

            if (finite) largest = Math.Max(largest, error);
            else bad++;
        }

        return (largest, bad);
    }

    // In double, at points spread evenly over the rows.
    private static StabilityStretch Stretch(StabilitySetup setup, Flow<double> flow, double[] rows, bool all)
    {
        int d = flow.Dimension, count = rows.Length / d, points = Math.Min(setup.JacobianPoints, count);
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        var stretch = new StabilityStretch(d, all);
        for (int p = 0; p < points; p++)
            stretch.Add(DenseJacobian.Of<double>(tape, rows.AsSpan((int)((long)p * count / points) * d, d), (t, v) => flow.Forward(t, v, new StepContext()).Output));
        return stretch;
    }

    private static void Copy(ParameterStore<float> from, ParameterStore<double> to)
    {
        foreach ((IReadOnlyList<ParameterStore<float>.Entry> source, IReadOnlyList<ParameterStore<double>.Entry> target) in (ReadOnlySpan<(IReadOnlyList<ParameterStore<float>.Entry>, IReadOnlyList<ParameterStore<double>.Entry>)>)[(from.Parameters, to.Parameters), (from.Buffers, to.Buffers)])
            for (int i = 0; i < target.Count; i++) to.Write(target[i].Var, Array.ConvertAll(from.Read(source[i].Var), v => (double)v));
    }

    private static float[] Floats(double[] x) => Array.ConvertAll(x, v => (float)v);
}
