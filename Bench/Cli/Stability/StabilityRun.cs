using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>Trains one arm in float and measures it.</summary>
internal static class StabilityRun
{
    private const double Spike = 20;
    private const int Window = 100;
    private const int JacobianPoints = 200;
    private const double Vanishing = 1e-140;

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
        using var exact = new SimdBackend<double>(1);
        using Flow<double> twin = arm.Build(setup, seed, exact);
        Copy(flow.Store, twin.Store);
        (double forward, double inverse, double condition) = Stretch(twin, test, all: true);
        (double farForward, _, _) = Stretch(twin, far, all: false);
        return new StabilityResult(
            arm, gap, error, nonFinite, spikes, most, forward, inverse, condition, near.Largest, farForward, farTrip, farBad, far.Length / setup.Dimension);
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

    // In double, at points spread evenly over the rows; infinite where a Jacobian is not finite.
    private static (double Forward, double Inverse, double Condition) Stretch(Flow<double> flow, double[] rows, bool all)
    {
        int d = flow.Dimension, count = rows.Length / d, points = Math.Min(JacobianPoints, count);
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        var s = new double[d];
        double forward = 0, inverse = 0, condition = 0;
        for (int p = 0; p < points; p++)
        {
            double[] jacobian = DenseJacobian.Of<double>(tape, rows.AsSpan((int)((long)p * count / points) * d, d), (t, v) => flow.Forward(t, v, new StepContext()).Output);
            if (!jacobian.All(double.IsFinite)) return (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
            // Far out elements reach 1e200, whose squares overflow: the largest is brought to 1 by a power of two, and what vanishes beside it is 0.
            int power = Math.ILogB(Math.Max(jacobian.Max(Math.Abs), double.Epsilon));
            for (int i = 0; i < jacobian.Length; i++)
            {
                double scaled = Math.ScaleB(jacobian[i], -power);
                jacobian[i] = Math.Abs(scaled) < Vanishing ? 0 : scaled;
            }

            // Far from the data the condition is beyond what one-sided rotations resolve, and the largest alone is asked for: from J^T J.
            if (!all)
            {
                var square = new double[d * d];
                for (int i = 0; i < d * d; i++)
                    for (int k = 0; k < d; k++) square[i] += jacobian[(k * d) + (i / d)] * jacobian[(k * d) + (i % d)];
                SymmetricEigen.Decompose<double>(square, d, s, new double[d * d]);
                forward = Math.Max(forward, Math.ScaleB(Math.Sqrt(s[^1]), power));
                continue;
            }

            Svd.Values<double>(jacobian, d, d, s);
            (forward, inverse, condition) = (Math.Max(forward, Math.ScaleB(s[0], power)), Math.Max(inverse, Math.ScaleB(1 / s[^1], -power)), Math.Max(condition, s[0] / s[^1]));
        }

        return (forward, inverse, condition);
    }

    private static void Copy(ParameterStore<float> from, ParameterStore<double> to)
    {
        foreach ((IReadOnlyList<ParameterStore<float>.Entry> source, IReadOnlyList<ParameterStore<double>.Entry> target) in (ReadOnlySpan<(IReadOnlyList<ParameterStore<float>.Entry>, IReadOnlyList<ParameterStore<double>.Entry>)>)[(from.Parameters, to.Parameters), (from.Buffers, to.Buffers)])
            for (int i = 0; i < target.Count; i++) to.Write(target[i].Var, Array.ConvertAll(from.Read(source[i].Var), v => (double)v));
    }

    private static float[] Floats(double[] x) => Array.ConvertAll(x, v => (float)v);
}
