using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The piecewise layer is no bijection: that it is a normalised density nevertheless, that its draws follow it, and the checks of every layer that still apply.</summary>
public sealed class PiecewiseTests : IDisposable
{
    private const string Line2 = """{"kind":"piecewise","dimension":1,"gate":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""";
    private const string Line3 = """{"kind":"piecewise","dimension":1,"branches":3,"reach":2,"gate":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""";
    private const string Line5 = """{"kind":"piecewise","dimension":1,"branches":5,"reach":3,"gate":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""";
    private const string Plane2 = """{"kind":"piecewise","dimension":2,"gate":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""";
    private const string Plane3 = """{"kind":"piecewise","dimension":2,"branches":3,"gate":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""";
    private readonly SimdBackend<double> _backend = new(1);

    public static TheoryData<string> Recipes => new(Line2, Line3, Line5, Plane2, Plane3);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Recipes))]
    public void TheDensityHasMassOne(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        Assert.InRange(Mass(flow), 1 - 1e-3, 1 + 1e-3);
    }

    [Fact]
    public void WithoutTheGateTheMassIsTheNumberOfBranches()
    {
        using Flow<double> flow = Make(Line3);
        Assert.InRange(Mass(flow, x => LogGateOf(flow, x)), 3 - 3e-3, 3 + 3e-3);
    }

    [Theory]
    [InlineData(Line2)]
    [InlineData(Line3)]
    [InlineData(Line5)]
    public void SamplesFollowTheDensityOnTheLine(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        const int Samples = 40_000, Bins = 60, Fine = 400;
        const double Low = -6, Width = 0.2;
        double[] x = flow.Sample(Samples, seed: 8), grid = [.. Enumerable.Range(0, Bins * Fine).Select(i => Low + ((i + 0.5) * Width / Fine))], log = flow.LogProb(grid);
        double[] expected = new double[Bins + 1], seen = new double[Bins + 1];
        for (int i = 0; i < grid.Length; i++) expected[i / Fine] += Samples * Math.Exp(log[i]) * Width / Fine;
        expected[Bins] = Samples - expected.Sum();
        foreach (double v in x) seen[v >= Low && v < Low + (Bins * Width) ? (int)((v - Low) / Width) : Bins]++;
        AssertChiSquare(seen, expected);
        double[] other = [.. seen.Skip(1), seen[0]];
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertChiSquare(other, expected));
    }

    [Theory]
    [InlineData(Plane2)]
    [InlineData(Plane3)]
    public void SamplesFollowTheDensityOnThePlane(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        const int Samples = 40_000, Bins = 12, Fine = 50;
        const double Low = -4, Width = 8.0 / Bins, Step = Width / Fine;
        double[] expected = new double[(Bins * Bins) + 1], seen = new double[(Bins * Bins) + 1], x = flow.Sample(Samples, seed: 9), row = new double[2 * Bins * Fine];
        int Cell(double a, double b) => a < Low || b < Low || a >= -Low || b >= -Low ? Bins * Bins : ((int)((a - Low) / Width) * Bins) + (int)((b - Low) / Width);
        for (int i = 0; i < Bins * Fine; i++)
        {
            for (int j = 0; j < Bins * Fine; j++) (row[2 * j], row[(2 * j) + 1]) = (Low + ((i + 0.5) * Step), Low + ((j + 0.5) * Step));
            double[] log = flow.LogProb(row);
            for (int j = 0; j < Bins * Fine; j++) expected[Cell(row[2 * j], row[(2 * j) + 1])] += Samples * Math.Exp(log[j]) * Step * Step;
        }
        expected[^1] = Samples - expected.Sum();
        for (int i = 0; i < x.Length; i += 2) seen[Cell(x[i], x[i + 1])]++;
        AssertChiSquare(seen, expected);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void EveryBranchIsDrawnAndTheForwardMapUndoesTheDraw(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        var layer = (Piecewise<double>)flow.Transforms[0];
        const int Rows = 200;
        double[] z = new PhiloxNormals(6).Take(Rows * flow.Dimension), x = new double[z.Length], back = new double[z.Length], there = new double[Rows], again = new double[Rows];
        using var tape = new Tape<double>(_backend, flow.Store) { RecordsGradients = false };
        FlowStep draw = flow.Inverse(tape, tape.Input(z, Rows, flow.Dimension), new StepContext { Key = 4 });
        tape.Read(draw.Output, x);
        tape.Read(draw.LogAbsDet, there);
        FlowStep step = flow.Forward(tape, draw.Output.Detach(), new StepContext());
        tape.Read(step.Output, back);
        tape.Read(step.LogAbsDet, again);
        BijectorChecks.Close("z -> x -> z", back, z, 1e-9);
        BijectorChecks.Close("log-det of the inverse", there, again.Select(v => -v).ToArray(), 1e-9);
        for (int j = 0; j < flow.Dimension; j++)
        {
            double[] knots = Knots(flow, j);
            int[] drawn = [.. Enumerable.Range(0, Rows).Select(r => knots.Count(k => x[(r * flow.Dimension) + j] > k))];
            Assert.Equal(Enumerable.Range(0, layer.Branches), drawn.Distinct().Order());
        }
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void GradientsAgreeWithDifferences(string recipe)
    {
        using var reference = new ReferenceBackend<double>();
        foreach (IBackend<double> backend in (IBackend<double>[])[_backend, reference])
        {
            using Flow<double> flow = Make(recipe, backend);
            using var tape = new Tape<double>(backend, flow.Store);
            int d = flow.Dimension;
            var random = new PhiloxNormals(2);
            double[] x = random.Take(6 * d), ct = random.Take(6 * d), ctLogDet = random.Take(6);
            foreach (bool inverse in (bool[])[false, true])
            {
                Var v = default;
                Var Record()
                {
                    tape.Reset();
                    v = tape.Input(x, 6, d, needsGrad: true);
                    // The same key draws the same branches.
                    FlowStep step = inverse ? flow.Inverse(tape, v, new StepContext { Key = 3 }) : flow.Forward(tape, v, new StepContext());
                    Assert.Equal((ValueKind.Exact, inverse ? GradientKind.Biased : GradientKind.Exact), (step.Value, step.Gradient));
                    return tape.Add(tape.Sum(tape.Multiply(step.Output, tape.Input(ct, 6, d))), tape.Sum(tape.Multiply(step.LogAbsDet, tape.Input(ctLogDet, 6, 1))));
                }
                tape.Backward(Record());
                double[] dx = new double[x.Length];
                tape.ReadGrad(v, dx);
                double[][] gradients = [.. flow.Store.Parameters.Select(p => flow.Store.ReadGradient(p.Var))];
                BijectorChecks.Close("gradient of the input", dx, Differences(x, () => tape.Scalar(Record())), 1e-6);
                int at = 0;
                foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
                {
                    double[] values = flow.Store.Read(p.Var), gradient = gradients[at++];
                    double[] numeric = Differences(values, () =>
                    {
                        flow.Store.Write(p.Var, values);
                        return tape.Scalar(Record());
                    });
                    flow.Store.Write(p.Var, values);
                    BijectorChecks.Close($"gradient of {p.Name}", gradient, numeric, 1e-6);
                    Assert.Contains(gradient, g => g != 0);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void SamplesAreTheSameBySeedAndAfterLoading(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        double[] samples = flow.Sample(100, seed: 5);
        Assert.Equal(samples, flow.Sample(100, seed: 5));
        Assert.Equal(samples[..(40 * flow.Dimension)], flow.Sample(40, seed: 5));
        Assert.NotEqual(samples, flow.Sample(100, seed: 6));
        using var folder = new TempFolder();
        flow.Save(folder.At("model.safetensors"));
        using Flow<double> again = Flow<double>.Load(folder.At("model.safetensors"), _backend);
        Assert.Equal(ModelFile.Recipe(flow), ModelFile.Recipe(again));
        Assert.Equal(samples, again.Sample(100, seed: 5));
        Assert.Equal(flow.LogProb(samples), again.LogProb(samples));
    }

    [Fact]
    public void BlocksOfASampleDrawTheirOwnBranches()
    {
        // The same z under another block number or key goes elsewhere.
        using Flow<double> flow = Make(Line2);
        using var tape = new Tape<double>(_backend, flow.Store) { RecordsGradients = false };
        double[] Draw(ulong key, long step)
        {
            double[] x = new double[200];
            tape.Reset();
            tape.Read(flow.Inverse(tape, tape.Input(new double[200], 200, 1), new StepContext { Key = key, Step = step }).Output, x);
            return x;
        }
        Assert.Equal(Draw(1, 0), Draw(1, 0));
        Assert.NotEqual(Draw(1, 0), Draw(1, 1));
        Assert.NotEqual(Draw(1, 0), Draw(2, 0));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void ExtremesStayFiniteAndFloatAgrees(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        using var simd = new SimdBackend<float>(1);
        using Flow<float> single = ModelFile.FromRecipe<float>(Parse(flow), simd);
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            float[] rounded = Array.ConvertAll(flow.Store.Read(p.Var), v => (float)v);
            single.Store.Write(single.Store.Find(p.Name), Array.ConvertAll(rounded, v => (double)v));
            flow.Store.Write(p.Var, Array.ConvertAll(rounded, v => (double)v));
        }
        double[] near = [-1.75, -0.25, 0.625, 1.5, 2.25, 3];
        double[] exact = flow.LogProb(near), rough = Array.ConvertAll(single.LogProb(Array.ConvertAll(near, v => (float)v)), v => (double)v);
        BijectorChecks.Close("float log-density", rough, exact, 3e-5);
        using var reference = new ReferenceBackend<double>();
        foreach (IBackend<double> backend in (IBackend<double>[])[_backend, reference])
        {
            using Flow<double> at = Make(recipe, backend);
            using var tape = new Tape<double>(backend, at.Store);
            foreach (double extreme in (double[])[-1000, 1000, 0.001])
                foreach (bool inverse in (bool[])[false, true])
                {
                    tape.Reset();
                    double[] x = Enumerable.Repeat(extreme, 2 * at.Dimension).ToArray(), z = new double[x.Length], logDet = new double[2], dx = new double[x.Length];
                    Var v = tape.Input(x, 2, at.Dimension, needsGrad: true);
                    FlowStep step = inverse ? at.Inverse(tape, v, new StepContext()) : at.Forward(tape, v, new StepContext());
                    tape.Backward(tape.Add(tape.Sum(step.Output), tape.Sum(step.LogAbsDet)));
                    tape.Read(step.Output, z);
                    tape.Read(step.LogAbsDet, logDet);
                    tape.ReadGrad(v, dx);
                    Assert.All(z.Concat(logDet).Concat(dx).Concat(at.Store.Parameters.SelectMany(p => at.Store.ReadGradient(p.Var))), n => Assert.True(double.IsFinite(n), $"{extreme}, inverse {inverse}: {n}"));
                }
        }
    }

    [Fact]
    public void KnotsAndNaNAreRefusedByName()
    {
        using Flow<double> flow = Make(Plane2, noise: 0);
        Assert.Contains("row 1, column 0 is 0", Assert.Throws<OutsideDomainException>(() => flow.LogProb([1, 2, 0, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("row 0, column 1 is NaN", Assert.Throws<OutsideDomainException>(() => flow.LogProb([1, double.NaN])).Message, StringComparison.Ordinal);
        Assert.Contains("at least 2", Assert.Throws<ArgumentException>(() => new Piecewise<double>(2, new Mlp<double>(2, 2, []))).Message, StringComparison.Ordinal);
        Assert.Contains("reach is 0", Assert.Throws<ArgumentException>(() => new Piecewise<double>(2, new Mlp<double>(2, 4, []), 0)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void AWarmStepTakesNoMemory(string recipe)
    {
        using Flow<double> flow = Make(recipe);
        using var tape = new Tape<double>(_backend, flow.Store);
        double[] x = new PhiloxNormals(7).Take(4 * flow.Dimension);
        for (int i = 0; i < 30; i++) Steps();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++) Steps();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Steps()
        {
            for (int way = 0; way < 3; way++)
            {
                tape.Reset();
                Var v = tape.Input(x, 4, flow.Dimension, needsGrad: true);
                var c = new StepContext { Mode = way == 0 ? FlowMode.Train : FlowMode.Evaluate, Step = way };
                FlowStep step = way == 2 ? flow.Inverse(tape, v, c) : flow.Forward(tape, v, c);
                tape.Backward(tape.Add(tape.Sum(step.Output), tape.Sum(step.LogAbsDet)));
            }
        }
    }

    private static double[] Differences(double[] at, Func<double> loss)
    {
        var result = new double[at.Length];
        for (int i = 0; i < at.Length; i++)
        {
            double kept = at[i];
            double At(double h)
            {
                at[i] = kept + h;
                return loss();
            }
            // Richardson: fourth order.
            result[i] = ((8 * (At(1e-4) - At(-1e-4))) - (At(2e-4) - At(-2e-4))) / 12e-4;
            at[i] = kept;
        }
        return result;
    }

    /// <summary>Sum of (seen - expected)^2 / expected over cells of at least 20, within four standard deviations of its mean.</summary>
    private static void AssertChiSquare(double[] seen, double[] expected)
    {
        double sum = 0, restSeen = 0, restExpected = 0;
        int cells = 0;
        for (int i = 0; i < seen.Length; i++)
        {
            if (expected[i] < 20)
            {
                (restSeen, restExpected) = (restSeen + seen[i], restExpected + expected[i]);
                continue;
            }
            sum += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
            cells++;
        }
        Assert.True(cells > 15, $"{cells} cells");
        Assert.InRange(restSeen, restExpected - 5 - (4 * Math.Sqrt(restExpected)), restExpected + 5 + (4 * Math.Sqrt(restExpected)));
        Assert.InRange(sum, 0, cells + (4 * Math.Sqrt(2 * cells)));
    }

    // The grid is x = sinh(t), so that far tails count too.
    private static double Mass(Flow<double> flow, Func<double[], double>? without = null)
    {
        int points = flow.Dimension == 1 ? 6001 : 1201;
        double step = 14.0 / points, sum = 0;
        double[] at = [.. Enumerable.Range(0, points).Select(i => Math.Sinh(-7 + ((i + 0.5) * step)))], weight = [.. at.Select(v => step * Math.Sqrt(1 + (v * v)))];
        for (int r = 0; r < (flow.Dimension == 1 ? 1 : points); r++)
        {
            double[] x = flow.Dimension == 1 ? at : [.. at.SelectMany(v => new[] { at[r], v })], log = flow.LogProb(x);
            for (int i = 0; i < points; i++) sum += Math.Exp(log[i] - (without?.Invoke([x[i]]) ?? 0)) * weight[i] * (flow.Dimension == 1 ? 1 : weight[r]);
        }
        return sum;
    }

    /// <summary>log p(k | z) of one number: what the log-determinant holds beyond the logarithm of the slope.</summary>
    private static double LogGateOf(Flow<double> flow, double[] x)
    {
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        Var v = tape.Input(x, 1, 1, needsGrad: true);
        FlowStep step = flow.Forward(tape, v, new StepContext());
        double[] dx = new double[1];
        tape.Backward(tape.Sum(step.Output));
        tape.ReadGrad(v, dx);
        return double.CreateTruncating(tape.Scalar(step.LogAbsDet)) - Math.Log(Math.Abs(dx[0]));
    }

    private static double[] Knots(Flow<double> flow, int feature)
    {
        double[] first = flow.Store.Read(flow.Store.Find("layers.0.first_knot"));
        int inner = ((Piecewise<double>)flow.Transforms[0]).Branches - 2;
        var knots = new double[inner + 1];
        knots[0] = first[feature];
        for (int i = 0; i < inner; i++) knots[i + 1] = knots[i] + Math.Exp(flow.Store.Read(flow.Store.Find("layers.0.log_gaps"))[(feature * inner) + i]);
        return knots;
    }

    private static System.Text.Json.JsonElement Parse(Flow<double> flow)
    {
        using var json = System.Text.Json.JsonDocument.Parse(ModelFile.Recipe(flow));
        return json.RootElement.Clone();
    }

    private Flow<double> Make(string recipe, IBackend<double>? backend = null, double noise = 0.3)
    {
        using var json = System.Text.Json.JsonDocument.Parse(recipe);
        IBijector<double> layer = BijectorRegistry.Create<double>("piecewise", json.RootElement);
        var flow = new Flow<double>([layer], new StandardNormal<double>(layer.Dimension), 1, backend ?? _backend);
        var normals = new PhiloxNormals(3);
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters) flow.Store.Write(p.Var, [.. flow.Store.Read(p.Var).Select(v => v + (noise * normals.Next()))]);
        return flow;
    }
}
