using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every distribution in the registry through the same checks, on both backends; and planted faults, which the checks must reject.</summary>
public sealed class DistributionConformance
{
    public static TheoryData<string> Names => [.. DistributionCase.All.Select(c => c.Name)];

    [Fact]
    public void EveryKindHasCasesAndAPage()
    {
        string docs = Path.Combine(Repository.Root, "docs", "distributions");
        var missing = new List<string>();
        foreach (string kind in DistributionRegistry.Kinds)
        {
            // Probabilities of whole numbers, and densities on circles and spheres, have tests of their own.
            foreach (int d in kind is "discretized-logistic" or "uniform-sphere" or "uniform-torus" ? [] : (int[])[1, 2])
                if (DistributionCase.All.All(c => c.Kind != kind || c.Dimension != d)) missing.Add($"{kind}: no case of dimension {d}");
            string page = Path.Combine(docs, kind + ".md");
            if (!File.Exists(page) || !File.ReadAllText(page).StartsWith($"# {kind}\n", StringComparison.Ordinal)) missing.Add($"{kind}: no page docs/distributions/{kind}.md");
        }

        Assert.Empty(missing);
        Assert.Equal(DistributionRegistry.Kinds.Order(StringComparer.Ordinal), DistributionRegistry.Kinds);
        Assert.Equal(DistributionRegistry.Kinds, Directory.GetFiles(docs, "*.md").Select(p => Path.GetFileNameWithoutExtension(p)!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnTheReference(string name)
    {
        using var backend = new ReferenceBackend<double>();
        DistributionConformanceChecks.All(Case(name), backend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnSimd(string name)
    {
        using var backend = new SimdBackend<double>(2);
        DistributionConformanceChecks.All(Case(name), backend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FloatAgreesWithDouble(string name)
    {
        DistributionCase test = Case(name);
        using var wide = new ReferenceBackend<double>();
        using var simd = new SimdBackend<float>(1);
        using var reference = new ReferenceBackend<float>();
        (IDistribution<double> p, ParameterStore<double> store) = test.Make(wide);
        double[] x = [.. new PhiloxNormals(9).Take(6 * p.Dimension).Select(v => (double)(float)(3 * v))];
        double[] exact = DistributionConformanceChecks.LogProb(p, wide, store, x), drawn = DistributionConformanceChecks.Draw(p, wide, store, 50, 6, 7);
        foreach (IBackend<float> backend in (IBackend<float>[])[simd, reference])
        {
            (IDistribution<float> single, ParameterStore<float> singleStore) = test.Make(backend);
            using var tape = new Tape<float>(backend, singleStore);
            BijectorChecks.Close($"float log p on {backend.Name}", Read(tape, single.LogProb(tape, tape.Input(Array.ConvertAll(x, v => (float)v), 6, p.Dimension))), exact, 1e-5);
            BijectorChecks.Close($"float samples on {backend.Name}", Read(tape, single.Sample(tape, 50, 6, 7)), drawn, 1e-5);
            singleStore.Dispose();
        }

        store.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ExtremeInputsStayFinite(string name)
    {
        Extreme<double>(Case(name));
        // Single precision ends 20 times sooner for what is an exponential of the input.
        if (!name.StartsWith("gumbel", StringComparison.Ordinal)) Extreme<float>(Case(name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConfigRoundTripIsBitEqual(string name)
    {
        DistributionCase test = Case(name);
        using var backend = new SimdBackend<double>(1);
        (IDistribution<double> p, ParameterStore<double> store) = test.Make(backend);
        (IDistribution<double> again, ParameterStore<double> againStore) = test.Make(backend, Config(p));
        double[] x = new PhiloxNormals(9).Take(6 * p.Dimension);
        Assert.Equal(DistributionConformanceChecks.LogProb(p, backend, store, x), DistributionConformanceChecks.LogProb(again, backend, againStore, x));
        Assert.Equal(Config(p), Config(again));

        // Fixed: the same numbers, no parameters, any tape.
        if (p.Kind == "standard-normal") return;
        string recipe = test.Recipe[..^1] + ",\"trainable\":false}";
        (IDistribution<double> fixedOne, ParameterStore<double> fixedStore) = test.Make(backend, recipe);
        Assert.Empty(fixedStore.Parameters);
        Assert.NotEmpty(store.Parameters);
        using var bare = new Tape<double>(backend);
        Assert.Equal(DistributionConformanceChecks.LogProb(p, backend, store, x), Read(bare, fixedOne.LogProb(bare, bare.Input(x, 6, p.Dimension))));
        Assert.Contains("\"trainable\":false", Config(fixedOne), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AModelWithItSavesAndLoads(string name)
    {
        using var folder = new TempFolder();
        IDistribution<double> p = DistributionRegistry.Create<double>(JsonDocument.Parse(Case(name).Recipe).RootElement);
        using var flow = new Flow<double>([Affine<double>.Standardize(new double[p.Dimension], Enumerable.Repeat(2.0, p.Dimension).ToArray())], p);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters)
        {
            double[] values = flow.Store.Read(e.Var);
            values[0] += 0.125;
            flow.Store.Write(e.Var, values);
        }

        flow.Save(folder.At("model.safetensors"));
        using Flow<double> loaded = Flow<double>.Load(folder.At("model.safetensors"));
        double[] x = new PhiloxNormals(9).Take(6 * p.Dimension);
        Assert.Equal(flow.LogProb(x), loaded.LogProb(x));
        Assert.Equal(flow.Sample(5, 3), loaded.Sample(5, 3));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RecordingTheLogDensityAllocatesNothing(string name)
    {
        using var backend = new SimdBackend<double>(1);
        foreach (string end in (string[])["}", ",\"trainable\":false}"])
        {
            if (end.Length > 1 && name.StartsWith("standard-normal", StringComparison.Ordinal)) continue;
            (IDistribution<double> p, ParameterStore<double> store) = Case(name).Make(backend, Case(name).Recipe[..^1] + end);
            using var tape = new Tape<double>(backend, store);
            double[] x = new double[64 * p.Dimension];
            void Step()
            {
                tape.Reset();
                tape.Backward(tape.Sum(p.LogProb(tape, tape.Input(x, 64, p.Dimension, needsGrad: true))));
            }

            for (int i = 0; i < 3; i++) Step();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++) Step();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            store.Dispose();
        }
    }

    [Fact]
    public void StudentTLearnsItsDegreesOfFreedom()
    {
        using var backend = new SimdBackend<double>(1);
        var truth = new StudentT<double>(1, [0.5], [-0.4], [Math.Log(3)], trainable: false);
        using var tape = new Tape<double>(backend);
        double[] x = new double[20_000];
        tape.Read(truth.Sample(tape, x.Length, 3, 1), x);
        using var flow = new Flow<double>([Affine<double>.Standardize([0], [1])], new StudentT<double>(1), 0, backend);
        using var trainer = new FlowTrainer<double>(flow, OptimizerFactory.Create<double>("adam"), new TrainerOptions { BatchSize = x.Length, Schedule = LearningRateSchedule.Cosine(0.1, 200) });
        for (int step = 0; step < 200; step++) trainer.Step(x);

        // Fisher information of t with 3 degrees: standard errors 0.009, 0.009 and 0.024 for 20 000 rows; 4 of them.
        BijectorChecks.Close("loc", flow.Store.Read(flow.Store.Find("base.loc")), [0.5], 0.03);
        BijectorChecks.Close("log_scale", flow.Store.Read(flow.Store.Find("base.log_scale")), [-0.4], 0.04);
        BijectorChecks.Close("log_df", flow.Store.Read(flow.Store.Find("base.log_df")), [Math.Log(3)], 0.1);

        // At the maximum the flow fits its rows better than the truth does.
        double[] logProb = new double[x.Length];
        tape.Read(truth.LogProb(tape, tape.Input(x, x.Length, 1)), logProb);
        Assert.InRange(flow.LogProb(x).Average() - logProb.Average(), 0, 1e-3);
    }

    [Theory]
    [InlineData("integral", "integrates to")]
    [InlineData("gradient", "gradient of the input")]
    [InlineData("parameter gradient", "gradient of base.loc")]
    [InlineData("sample scale", "standard errors off")]
    [InlineData("sample correlation", "standard errors off")]
    [InlineData("sample gradient", "sample gradient of base.loc")]
    [InlineData("sample key", "another key or stream")]
    public void APlantedFaultIsFound(string fault, string message)
    {
        using var backend = new SimdBackend<double>(1);
        BijectorFault found = Assert.Throws<BijectorFault>(() => DistributionConformanceChecks.All(Case("full-normal-scale-tril-2"), backend, p => new FaultyDistribution(p, fault)));
        Assert.Contains(message, found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"cauchy"}""", "'dimension' is missing")]
    [InlineData("""{"kind":"cauchy","dimension":2,"loc":[1]}""", "loc has 1 numbers; it must have 2")]
    [InlineData("""{"kind":"laplace","dimension":2,"scale":[1,2]}""", "'scale' is unknown")]
    [InlineData("""{"kind":"student-t","dimension":1,"log_df":[1,2]}""", "log_df has 2 numbers")]
    [InlineData("""{"kind":"diagonal-gaussian-mixture","dimension":2}""", "'components' is missing")]
    [InlineData("""{"kind":"full-gaussian-mixture","dimension":1,"components":2,"scale_tril":[1,0]}""", "diagonal element 0 is 0")]
    [InlineData("""{"kind":"full-normal-covariance","dimension":2,"covariance":[1,2,2,1]}""", "not positive definite")]
    [InlineData("""{"kind":"logistic-mixture","dimension":1,"components":0}""", "at least 1")]
    [InlineData("""{"kind":"beta","dimension":1}""", "There is no base distribution 'beta'")]
    public void ABadRecipeIsNamed(string recipe, string message)
    {
        var error = Assert.Throws<BadInputException>(() => DistributionRegistry.Create<float>(JsonDocument.Parse(recipe).RootElement));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static void Extreme<T>(DistributionCase test) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var simd = new SimdBackend<T>(1);
        using var reference = new ReferenceBackend<T>();
        foreach (IBackend<T> backend in (IBackend<T>[])[simd, reference])
        {
            (IDistribution<T> p, ParameterStore<T> store) = test.Make(backend);
            foreach (double extreme in test.Extreme)
            {
                using var tape = new Tape<T>(backend, store);
                Var x = tape.Input(Enumerable.Repeat(T.CreateTruncating(extreme), p.Dimension).ToArray(), 1, p.Dimension, needsGrad: true);
                Var logProb = p.LogProb(tape, x);
                tape.Backward(logProb);
                var dx = new T[p.Dimension];
                tape.ReadGrad(x, dx);
                Assert.All([.. dx, tape.Scalar(logProb), .. store.Parameters.SelectMany(e => store.ReadGradient(e.Var))], v => Assert.True(T.IsFinite(v), $"{test.Name} at {extreme} on {backend.Name}: {v}"));
            }

            store.Dispose();
        }
    }

    private static double[] Read<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = new T[v.Length];
        tape.Read(v, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    private static string Config(IDistribution<double> p)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", p.Kind);
            p.WriteConfig(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static DistributionCase Case(string name) => DistributionCase.All.Single(c => c.Name == name);

    /// <summary>A distribution with one thing wrong.</summary>
    private sealed class FaultyDistribution(IDistribution<double> inner, string fault) : IDistribution<double>
    {
        public string Kind => inner.Kind;

        public int Dimension => inner.Dimension;

        public bool IsReparameterized => inner.IsReparameterized;

        public void Attach(ParameterStore<double> store, string scope) => inner.Attach(store, scope);

        public Var LogProb(Tape<double> tape, Var z)
        {
            Var logProb = inner.LogProb(tape, z);
            return fault switch
            {
                "integral" => tape.AddConstant(logProb, 0.002),
                // Right values, a little more gradient.
                "gradient" => tape.Add(logProb, tape.SumColumns(tape.Scale(tape.Subtract(z, z.Detach()), 1e-4))),
                "parameter gradient" => tape.Add(logProb, tape.Sum(tape.Scale(tape.Subtract(tape.Store!.Find("base.loc"), tape.Store.Find("base.loc").Detach()), 1e-4))),
                _ => logProb,
            };
        }

        public Var Sample(Tape<double> tape, int count, ulong key, ulong stream) => fault switch
        {
            "sample scale" => tape.Scale(inner.Sample(tape, count, key, stream), 1.03),
            "sample correlation" => tape.ConcatColumns(tape.SliceColumns(inner.Sample(tape, count, key, stream), 0, 1), tape.SliceColumns(inner.Sample(tape, count, key, stream + 1), 1, 1)),
            "sample gradient" => inner.Sample(tape, count, key, stream) is var x ? tape.Add(x, tape.Scale(tape.Subtract(x, x.Detach()), 1e-4)) : x,
            "sample key" => inner.Sample(tape, count, key, 0),
            _ => inner.Sample(tape, count, key, stream),
        };

        public void WriteConfig(Utf8JsonWriter json) => inner.WriteConfig(json);
    }
}
