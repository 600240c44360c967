using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Training of latent-variable models: gradients, schedules, the same bits after a resume and for any threads, models as files, failures with a name.</summary>
[Collection(AloneCollection.Name)]
public sealed class LatentTrainerTests
{
    [Theory]
    [MemberData(nameof(LatentCase.Kinds), MemberType = typeof(LatentCase))]
    public void Gradients_are_central_differences(LatentModelKind kind)
    {
        using LatentModel<double> model = LatentCase.Moved<double>(LatentCase.Options(kind));
        double[] x = LatentCase.Rows(LatentCase.Data(7, 6));
        using var tape = new Tape<double>(model.Backend, model.Store);
        tape.Backward(Loss());
        ParameterStore<double> store = model.Store;
        var gradients = store.Parameters.ToDictionary(e => e.Name, e => store.ReadGradient(e.Var));
        Assert.Equal(model.Space is not null, gradients.ContainsKey("posterior.log_radius"));
        double size = Math.Sqrt(gradients.Values.Sum(g => g.Sum(v => v * v)));
        ulong stream = 0;
        foreach (ParameterStore<double>.Entry e in store.Parameters)
        {
            double[] start = store.Read(e.Var), direction = new double[start.Length];
            RandomFill.Gaussian<double>(8, stream++, 0, direction);
            double slope = gradients[e.Name].Zip(direction, (g, d) => g * d).Sum();
            const double Step = 1e-5;
            double difference = (At(Step) - At(-Step)) / (2 * Step);
            store.Write(e.Var, start);
            Assert.True(Math.Abs(difference - slope) < 1e-6 * (Math.Abs(slope) + 0.01 * size), $"{kind}, {e.Name}: {slope} and {difference}");
            Assert.True(Math.Abs(slope) > 1e-6 * size, $"{kind}, {e.Name}: no gradient");

            double At(double step)
            {
                store.Write(e.Var, [.. start.Zip(direction, (s, d) => s + step * d)]);
                return tape.Scalar(Loss());
            }
        }

        Var Loss()
        {
            tape.Reset();
            return tape.Mean(model.Record(tape, tape.Input(x, 7, 6), 3, 5).LogWeight(tape));
        }
    }

    [Theory]
    [MemberData(nameof(LatentCase.Kinds), MemberType = typeof(LatentCase))]
    public void Resume_changes_no_bit(LatentModelKind kind)
    {
        using var folder = new TempFolder();
        using var whole = new LatentRun(kind, 1);
        whole.RunTo(23);
        // 50 rows in batches of 16, the last of 2: 4 steps an epoch. The stops are the first step, inside an epoch, its end.
        foreach (long stop in (long[])[1, 7, 8])
        {
            using (var first = new LatentRun(kind, 1))
            {
                first.RunTo(stop);
                Checkpoint.Save(first.Trainer, folder.At("run"), "{}");
            }
            using var second = new LatentRun(kind, 1);
            Checkpoint.Load(second.Trainer, folder.At("run"));
            second.RunTo(23);
            Assert.Null(TrainingRun.Difference(whole.Bits(), second.Bits()));
        }
        using var other = new LatentRun(kind, 1, seed: 18);
        other.RunTo(23);
        Assert.NotNull(TrainingRun.Difference(whole.Bits(), other.Bits()));
    }

    [Theory]
    [InlineData(LatentModelKind.Vae)]
    [InlineData(LatentModelKind.HvaeWhc)]
    public void Threads_change_no_bit(LatentModelKind kind)
    {
        using LatentRun one = new(kind, 1, hidden: 160, columns: 160), three = new(kind, 3, hidden: 160, columns: 160);
        one.RunTo(6);
        three.RunTo(6);
        Assert.Null(TrainingRun.Difference(one.Bits(), three.Bits()));
    }

    [Theory]
    [MemberData(nameof(LatentCase.Kinds), MemberType = typeof(LatentCase))]
    public void A_step_allocates_nothing(LatentModelKind kind)
    {
        using var run = new LatentRun(kind, 1);
        BatchSource<float> batches = run.Trainer.Batches(run.Data);
        float[] batch = new float[16 * 6];
        batches.Fill(0, 0, batch);
        for (int i = 0; i < 40; i++) run.Trainer.Step(batch);
        int growths = run.Trainer.Tape.Growths;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            batches.Fill(0, 1, batch);
            run.Trainer.Step(batch);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(growths, run.Trainer.Tape.Growths);
    }

    [Fact]
    public void Schedules_go_by_the_epoch()
    {
        BetaSchedule beta = BetaSchedule.WarmUp(4);
        Assert.Equal([0, 0.25, 0.5, 0.75, 1, 1], Enumerable.Range(0, 6).Select(e => beta.At(e)));
        Assert.Equal(2, BetaSchedule.Constant(2).At(0));
        RadiusSchedule radius = RadiusSchedule.Published(afterwards: 1.5);
        Assert.Equal([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], Enumerable.Range(0, 10).Select(e => radius.At(e, true)!.Value));
        Assert.Null(radius.At(10, learned: true));
        Assert.Equal(1.5, radius.At(10, learned: false));
        Assert.Null(RadiusSchedule.None.At(0, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_radius_follows_its_schedule_then_is_learned_or_stays(bool learned)
    {
        using LatentModel<double> model = LatentCase.Moved<double>(LatentCase.Options(LatentModelKind.Hvae) with { LearnRadius = learned });
        using var trainer = new LatentTrainer<double>(model, new Adam<double>(), new LatentTrainerOptions { BatchSize = 20, Seed = 1, Radius = new RadiusSchedule(4, 2, 3, 1.5), Beta = BetaSchedule.WarmUp(2) });
        Table data = LatentCase.Data(40, 6);
        BatchSource<double> batches = trainer.Batches(data);
        var radii = new List<double>();
        var betas = new List<double>();
        for (int epoch = 0; epoch < 5; epoch++) trainer.RunEpoch(batches, null, report =>
        {
            radii.Add(report.Radius);
            betas.Add(report.Beta);
            return true;
        });
        double[] scheduled = [4, 4, 3, 3, 2, 2];
        for (int i = 0; i < scheduled.Length; i++) Assert.Equal(scheduled[i], radii[i], 1e-14 * scheduled[i]);
        if (learned) Assert.All(radii[6..].Zip(radii[7..]), p => Assert.NotEqual(p.First, p.Second));
        else Assert.All(radii[6..], r => Assert.Equal(1.5, r, 1e-14));
        Assert.Equal([0, 0, 0.5, 0.5, 1, 1, 1, 1, 1, 1], betas);
    }

    [Theory]
    [InlineData(LatentModelKind.Vae)]
    [InlineData(LatentModelKind.HvaeWhc)]
    public void Training_raises_the_bound(LatentModelKind kind)
    {
        using var run = new LatentRun(kind, 1);
        double before = LatentEvaluation.LowerBound(run.Model, Binarization.Threshold(run.Data), 10, 1).Nats;
        run.RunTo(400);
        double after = LatentEvaluation.LowerBound(run.Model, Binarization.Threshold(run.Data), 10, 1).Nats;
        Assert.True(after > before + 0.2, $"{before} before, {after} after");
    }

    [Fact]
    public void The_objective_is_what_the_report_says()
    {
        using LatentModel<double> model = LatentCase.Moved<double>(LatentCase.Options(LatentModelKind.Hvae)), same = LatentCase.Moved<double>(LatentCase.Options(LatentModelKind.Hvae));
        using LatentTrainer<double> plain = new(model, new Adam<double>(), new LatentTrainerOptions { Beta = BetaSchedule.Constant(0.3), ClipNorm = 1 }), with = new(same, new Adam<double>(), new LatentTrainerOptions { Beta = BetaSchedule.Constant(0.3) }, new Seven());
        double[] x = LatentCase.Rows(LatentCase.Data(7, 6));
        LatentStepReport report = plain.Step(x), other = with.Step(x);
        Assert.Equal(0.3 * report.Divergence - report.LogLikelihood, report.Objective, 1e-12);
        Assert.Equal(report.LogLikelihood - report.Divergence, report.EvidenceLowerBound);
        Assert.Equal(report.Objective - 7, other.Objective, 1e-12);
        Assert.True(double.IsFinite(report.GradientNorm) && double.IsNaN(other.GradientNorm));
        Assert.Equal(1.3, report.Radius, 1e-14);
    }

    [Fact]
    public void Binarisation_is_a_function_of_seed_epoch_and_row()
    {
        Table grey = LatentCase.Grey(50, 6);
        BatchSource<double> one = new(grey, 16, 7, false, binarize: true, keepLast: true), two = new(grey, 16, 7, false, binarize: true, keepLast: true);
        Assert.Equal(4, one.BatchesPerEpoch);
        Assert.Equal([16, 16, 16, 2], Enumerable.Range(0, 4).Select(one.RowsOf));
        double[] a = new double[16 * 6], b = new double[16 * 6], mean = new double[6];
        two.Fill(5, 1, b);
        one.Fill(0, 0, a);
        one.Fill(5, 1, a);
        Assert.Equal(a, b);
        Assert.All(a, v => Assert.True(v is 0 or 1));
        one.Fill(6, 1, a);
        Assert.NotEqual(a, b);
        // Over many epochs the mean of all rows is that of the levels.
        double sum = 0, expected = LatentCase.Rows(grey).Average() / 15;
        const int Epochs = 200;
        for (int epoch = 0; epoch < Epochs; epoch++)
            for (int k = 0; k < 4; k++)
            {
                Span<double> batch = a.AsSpan(0, one.RowsOf(k) * 6);
                one.Fill(epoch, k, batch);
                foreach (double v in batch) sum += v / (Epochs * 300);
            }
        Assert.Equal(expected, sum, 5 * 0.5 / Math.Sqrt(Epochs * 300));
        Assert.Throws<BadInputException>(() => new BatchSource<double>(LatentCase.Data(50, 6), 16, 7, false, binarize: true));
        Table bits = Binarization.Threshold(grey);
        for (int r = 0; r < 50; r++)
            for (int c = 0; c < 6; c++) Assert.Equal(grey[r, c] > 7.5 ? 1 : 0, bits[r, c]);
    }

    [Fact]
    public void A_step_that_is_not_finite_is_refused_with_its_place()
    {
        using var run = new LatentRun(LatentModelKind.HvaeWhc, 1);
        ParameterStore<float> store = run.Model.Store;
        run.RunTo(3);
        using var folder = new TempFolder();
        Checkpoint.Save(run.Trainer, folder.At("run"), "{}");
        double[] weights = [.. store.Read(store.Find("posterior.flow.1.net.0.bias")).Select(v => (double)v)];
        weights[0] = double.NaN;
        store.Write(store.Find("posterior.flow.1.net.0.bias"), weights);
        string message = Assert.Throws<NonFiniteException>(() => run.RunTo(4)).Message;
        Assert.Contains("posterior.flow.1", message, StringComparison.Ordinal);
        Assert.Equal(3, run.Trainer.State.Step);
        byte[] kept = File.ReadAllBytes(folder.At("run"));
        Assert.Throws<NonFiniteException>(() => Checkpoint.Save(run.Trainer, folder.At("run"), "{}"));
        Assert.Equal(kept, File.ReadAllBytes(folder.At("run")));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        LatentModelOptions good = LatentCase.Options(LatentModelKind.HvaeWhc);
        Refused(good with { Latent = 1 }, "2 or more");
        Refused(good with { Latent = 1, Kind = LatentModelKind.VaeNc }, "2 or more");
        Refused(good with { Radius = 0 }, "radius");
        Refused(good with { Radius = double.PositiveInfinity }, "radius");
        Refused(good with { Variance = -1 }, "variance");
        Refused(good with { DataDimension = 0 }, "data columns");
        Refused(good with { Blocks = 0 }, "couplings");
        using LatentModel<double> one = LatentModels.Create<double>(good with { Latent = 1, Kind = LatentModelKind.Hvae });
        Assert.Throws<BadInputException>(() => new LatentTrainerOptions { BatchSize = 0 }.Checked());
        Assert.Throws<BadInputException>(() => new LatentTrainerOptions { Beta = new BetaSchedule(-1, 1, 3) }.Checked());
        Assert.Throws<BadInputException>(() => new LatentTrainerOptions { Radius = new RadiusSchedule(0, 1, 3, 1) }.Checked());

        static void Refused(LatentModelOptions options, string word)
        {
            string message = Assert.Throws<BadInputException>(() => LatentModels.Create<double>(options)).Message;
            Assert.Contains(word, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    private sealed class Seven : ILogWeightTerm<double>
    {
        public Var Record(Tape<double> tape, LatentModel<double> model, in LatentDraw draw) => tape.Constant(7, draw.Latent.Rows, 1);
    }
}
