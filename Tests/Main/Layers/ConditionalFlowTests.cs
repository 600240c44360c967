using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Flows p(x | context): a linear-Gaussian model is learned to its exact entropy; contexts that are missing or do not fit are named.</summary>
public sealed class ConditionalFlowTests : IDisposable
{
    // x1 = 2 c1 - c2 + 0.5 e1;  x2 = c2 + 0.8 x1 - 1 + 0.3 e2: p(x | c) is normal with the determinant 0.5 0.3.
    private const double Scale1 = 0.5, Scale2 = 0.3;
    private static readonly double s_entropy = Math.Log(Scale1 * Scale2) + Math.Log(2 * Math.PI * Math.E);

    private readonly SimdBackend<float> _backend = new(2);
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ALinearGaussianModelIsLearnedToItsConditionalEntropy()
    {
        using Flow<float> flow = Make(hidden: 24);
        using (var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = 200, Epochs = 12, Seed = 3, Schedule = LearningRateSchedule.Cosine(1e-2, 12 * 40) }))
            trainer.Fit(Data(8000, 1), Data(1000, 2));
        LikelihoodEvaluation test = LikelihoodEvaluation.Run(flow, Data(20000, 5), 1, 0);
        Assert.InRange(-test.Nats, s_entropy - 0.03, s_entropy + 0.05);

        // The samples follow their own context: x1 given c has the mean 2 c1 - c2 and the deviation 0.5.
        float[] samples = flow.Sample(4000, [1, -0.5f], seed: 9);
        double mean = 0, square = 0;
        for (int i = 0; i < 4000; i++) (mean, square) = (mean + (samples[2 * i] / 4000.0), square + (samples[2 * i] * (double)samples[2 * i] / 4000));
        Assert.Equal(2.5, mean, 0.1);
        Assert.Equal(Scale1, Math.Sqrt(square - (mean * mean)), 0.1);
    }

    [Fact]
    public void AModelKeepsItsContextThroughAFile()
    {
        using Flow<float> flow = Make(hidden: 5);
        string path = _folder.At("model.safetensors");
        flow.Save(path);
        using Flow<float> loaded = Flow<float>.Load(path, _backend);
        Assert.Equal(2, loaded.ContextWidth);
        float[] x = [1, 2, -1, 0.5f], context = [0.1f, 0.2f, -3, 1];
        float[] logProb = flow.LogProb(x, context: context);
        Assert.Equal(logProb, loaded.LogProb(x, context: context));
        Assert.NotEqual(logProb, flow.LogProb(x, context: [0.1f, 0.2f, 3, 1]));
        Assert.Equal(flow.Sample(2, context, seed: 4), loaded.Sample(2, context, seed: 4));
    }

    [Fact]
    public void OneRowOfContextServesAllSamplesAndRowsAreIndependent()
    {
        using Flow<float> flow = Make(hidden: 5);
        float[] one = flow.Sample(3, [0.4f, -1], seed: 2), spelled = flow.Sample(3, [0.4f, -1, 0.4f, -1, 0.4f, -1], seed: 2);
        Assert.Equal(spelled, one);
        float[] x = [1, 2, -1, 0.5f], context = [0.1f, 0.2f, -3, 1];
        Assert.Equal(flow.LogProb(x, context: context)[1], flow.LogProb(x.AsSpan(2).ToArray(), context: context.AsSpan(2).ToArray())[0]);
        // A sample's density is that of its latent: forward undoes inverse under the same context.
        float[] latent = flow.InputOf(flow.Transforms.Count, flow.Sample(2, context, seed: 6), context), again = flow.InputOf(flow.Transforms.Count, flow.Sample(2, new float[4], seed: 6), new float[4]);
        for (int i = 0; i < 4; i++) Assert.Equal(latent[i], again[i], 1e-5f);
    }

    [Fact]
    public void AContextThatIsMissingOrDoesNotFitIsNamed()
    {
        using Flow<float> flow = Make(hidden: 5);
        float[] x = [1, 2, -1, 0.5f];
        AssertMessage(() => flow.LogProb(x), "LogProb", "context of 2 columns", "there is none");
        AssertMessage(() => flow.LogProb(x, context: [1, 2, 3]), "3 numbers", "2 rows of 2 columns");
        AssertMessage(() => flow.Sample(2, seed: 1), "Sample", "context of 2 columns");
        AssertMessage(() => flow.Sample(3, [1, 2, 3, 4], seed: 1), "Sample", "4 numbers", "3 rows");
        AssertMessage(() => flow.Initialize(x), "Initialize", "there is none");
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = 2 });
        AssertMessage(() => trainer.Step(x), "FlowTrainer.Step", "there is none");
        using var plain = new Flow<float>([new LeakyRelu<float>(2, 0.5)], new StandardNormal<float>(2), 1, _backend);
        AssertMessage(() => plain.LogProb(x, context: [1, 2]), "takes no context");
        AssertMessage(() => new Flow<float>([Layer(true, 2, 5), Layer(false, 3, 5)], new StandardNormal<float>(2), 1, _backend), "2 columns", "one of 3");

        Table data = Data(10, 1), bare = data.SelectColumns([0, 1]);
        Assert.Same(data.Context, bare.Context);
        Table without = Table.FromDoubles("bare", 10, 2, new double[20]);
        TempFolder.AssertBadInput(() => trainer.Fit(without), "bare", "has no context", "takes one of 2");
        TempFolder.AssertBadInput(() => LikelihoodEvaluation.Run(plain, data, 1, 0), "context of 2 columns", "takes none");
    }

    [Fact]
    public void AWarmConditionalStepAllocatesNothing()
    {
        using Flow<float> flow = Make(hidden: 5);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = 2 });
        float[] x = [1, 2, -1, 0.5f], context = [0.1f, 0.2f, -3, 1];
        for (int i = 0; i < 3; i++) trainer.Step(x, context);
        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Step(x, context);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ContextColumnsOfAFileGoWithTheirRows()
    {
        string path = _folder.Put("data.csv", "a,b,label\n1,2,x\n3,4,y\n5,6,z\n"u8);
        Table table = DataSource.OpenFile(path, "b", "a");
        Assert.Equal((1, 1), (table.Columns, table.Context!.Columns));
        Table picked = table.Select([2, 0]).Slice(1, 1);
        Assert.Equal((2.0, 1.0), (picked[0, 0], picked.Context![0, 0]));
        Assert.Equal(table.Context[1, 0], table.WithName("other").Context![1, 0]);
        string numbers = _folder.Put("numbers.csv", "a,b,c\n1,2,7\n3,4,8\n5,6,9\n"u8);
        Table rest = DataSource.OpenFile(numbers, null, "b");
        Assert.Equal(["a", "c"], rest.ColumnNames!);
        Assert.Equal(6, rest.Context![2, 0]);
        TempFolder.AssertBadInput(() => DataSource.OpenFile(numbers, null, "a,b,c"), "all 3 columns are context");
        Assert.Contains("10 rows, its context 3", Assert.Throws<ArgumentException>(() => Data(10, 1).WithContext(rest)).Message, StringComparison.Ordinal);
    }

    private static void AssertMessage(Action action, params string[] parts)
    {
        string message = Assert.Throws<ArgumentException>(action).Message;
        foreach (string part in parts) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static Coupling<float> Layer(bool first, int context, int hidden)
        => new([first, !first], new AffineTransformer<float>(), new Mlp<float>(1 + context, 2, [hidden], Activation.Tanh), context);

    private Flow<float> Make(int hidden) => new([Layer(false, 2, hidden), Layer(true, 2, hidden), Layer(false, 2, hidden)], new StandardNormal<float>(2), seed: 1, _backend);

    private static Table Data(int rows, ulong seed)
    {
        var noise = new double[4 * rows];
        RandomFill.Gaussian<double>(seed, 7, 0, noise);
        double[] x = new double[2 * rows], c = new double[2 * rows];
        for (int i = 0; i < rows; i++)
        {
            (double c1, double c2) = (c[2 * i], c[(2 * i) + 1]) = (noise[4 * i], noise[(4 * i) + 1]);
            x[2 * i] = (2 * c1) - c2 + (Scale1 * noise[(4 * i) + 2]);
            x[(2 * i) + 1] = c2 + (0.8 * x[2 * i]) - 1 + (Scale2 * noise[(4 * i) + 3]);
        }
        return Table.FromDoubles("linear-gaussian", rows, 2, x).WithContext(Table.FromDoubles("context", rows, 2, c));
    }
}
