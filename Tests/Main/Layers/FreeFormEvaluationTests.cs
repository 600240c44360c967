using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Evaluation of residual and continuous flows: in blocks of rows it is the same as whole, its memory is bounded, and it allocates nothing.</summary>
public sealed class FreeFormEvaluationTests : IDisposable
{
    private const int Wide = 2048;

    private readonly SimdBackend<double> _backend = new(1);

    public static TheoryData<string> Recipes =>
    [
        $$"""{"kind":"residual","dimension":2,"hidden":[{{Wide}}],"lipschitz":0.5}""",
        $$"""{"kind":"cnf","dimension":2,"hidden":[{{Wide}}],"horizon":0.1}""",
        $$"""{"kind":"free-form","dimension":2,"hidden":[{{Wide}}]}""",
    ];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Recipes))]
    public void BlocksGiveWhatTheWholeGives(string recipe)
    {
        (IBijector<double> b, ParameterStore<double> store) = Make(recipe);
        double[] x = new PhiloxNormals(3).Take(2 * 50);
        foreach (bool inverse in (bool[])[false, true])
        {
            (double[] whole, double[] wholeLogDet) = BijectorChecks.Run(b, _backend, store, x, inverse);
            using var tape = new Tape<double>(_backend, store) { RecordsGradients = false };
            (double[] z, double[] logDet) = Run(tape, b, x, inverse);
            BijectorChecks.Close("output", z, whole, 1e-13);
            BijectorChecks.Close("log-det", logDet, wholeLogDet, 1e-13);
        }
        store.Dispose();
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void MemoryDoesNotGrowWithTheBatch(string recipe)
    {
        (IBijector<double> b, ParameterStore<double> store) = Make(recipe);
        long before = 0;
        foreach (int rows in (int[])[32, 320])
        {
            using var tape = new Tape<double>(_backend, store) { RecordsGradients = false };
            Run(tape, b, new PhiloxNormals(3).Take(2 * rows), inverse: false);
            if (before > 0) Assert.True(tape.CapacityElements < 1.5 * before, $"{before} elements for 32 rows, {tape.CapacityElements} for {rows}");
            before = tape.CapacityElements;
        }
        store.Dispose();
    }

    [Theory]
    [InlineData("""{"kind":"residual","dimension":3,"hidden":[8,8]}""")]
    [InlineData("""{"kind":"cnf","dimension":2,"hidden":[8]}""")]
    [InlineData("""{"kind":"free-form","dimension":3,"hidden":[8,8]}""")]
    public void AllocatesNothing(string recipe)
    {
        (IBijector<double> b, ParameterStore<double> store) = Make(recipe);
        using var tape = new Tape<double>(_backend, store) { RecordsGradients = false };
        double[] x = new PhiloxNormals(3).Take(b.Dimension * 16);
        long before = 0;
        for (int i = 0; i < 12; i++)
        {
            if (i == 8) before = GC.GetAllocatedBytesForCurrentThread();
            tape.Reset();
            FlowStep there = b.Forward(tape, tape.Input(x, 16, b.Dimension), new StepContext());
            b.Inverse(tape, there.Output, new StepContext());
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        store.Dispose();
    }

    [Fact]
    public void AModelFileKeepsThemBitForBit()
    {
        using var folder = new TempFolder();
        double[] x = new PhiloxNormals(3).Take(2 * 9), before = new double[9], after = new double[9];
        string[] recipes =
        [
            """{"kind":"residual","dimension":2,"hidden":[5],"activation":"elu","lipschitz":0.8,"log_det":{"name":"neumann","stop":0.3,"exact_terms":1,"probe":"gaussian"}}""",
            """{"kind":"cnf","dimension":2,"hidden":[5],"time":"squash","solver":{"name":"dopri5","rtol":1e-4,"atol":1e-6},"trace":"hutchinson","gradient":"adjoint","kinetic":0.5}""",
        ];
        IBijector<double>[] layers = [.. recipes.Select(r => JsonDocument.Parse(r).RootElement).Select(c => BijectorRegistry.Create<double>(c.GetProperty("kind").GetString()!, c))];
        using (var flow = new Flow<double>(layers, new StandardNormal<double>(2), 3, _backend))
        {
            // A step of training moves the vectors of the spectral norms, which the file must keep too.
            using var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { BatchSize = 9, Dequantize = false });
            trainer.Step(x);
            flow.LogProb(x, before);
            flow.Save(folder.At("model.safetensors"));
        }
        using Flow<double> again = Flow<double>.Load(folder.At("model.safetensors"), _backend);
        again.LogProb(x, after);
        Assert.Equal(before, after);
    }

    private static (double[] Out, double[] LogDet) Run(Tape<double> tape, IBijector<double> b, double[] x, bool inverse)
    {
        Var v = tape.Input(x, x.Length / 2, 2);
        FlowStep step = inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());
        double[] z = new double[x.Length], logDet = new double[x.Length / 2];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        return (z, logDet);
    }

    private (IBijector<double> Bijector, ParameterStore<double> Store) Make(string recipe)
    {
        JsonElement config = JsonDocument.Parse(recipe).RootElement;
        IBijector<double> b = BijectorRegistry.Create<double>(config.GetProperty("kind").GetString()!, config);
        var store = new ParameterStore<double>(_backend);
        b.Attach(store, "layer", 1);
        store.Build();
        return (b, store);
    }
}
