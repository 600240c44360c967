using BenchmarkDotNet.Attributes;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Bench;

/// <summary>
/// One whole training step (forward, backward, optimiser) of a flow of two full matrices, batch 100, for every Jacobian strategy. A cached inverse
/// is refreshed every k-th step, so its mean and its single steps differ.
/// </summary>
[MemoryDiagnoser]
public class StepBench
{
    private const int Batch = 100;

    private SimdBackend<float> _backend = null!;
    private Flow<float> _flow = null!;
    private FlowTrainer<float> _trainer = null!;
    private float[] _batch = [];

    [Params(64, 196, 784)]
    public int D { get; set; }

    [ParamsSource(nameof(Strategies))]
    public string Strategy { get; set; } = "";

    public static IEnumerable<string> Strategies => JacobianRegistry.NamesFor(SiteKinds.DenseMatrix);

    [GlobalSetup]
    public void Setup()
    {
        _backend = new SimdBackend<float>();
        IJacobianStrategy<float> Make() => JacobianRegistry.Create<float>(Strategy);
        _flow = new Flow<float>(
            [new Linear<float>(D, Make()), new SmoothLeakyRelu<float>(D, alpha: 0.3), new Linear<float>(D, Make())],
            new StandardNormal<float>(D), seed: 1, _backend);
        // A rate of zero keeps the model where it is, however many steps are measured; the arithmetic is the same.
        _trainer = new FlowTrainer<float>(_flow, new Adam<float>(), new TrainerOptions { BatchSize = Batch, Schedule = LearningRateSchedule.Constant(0) });
        _batch = new float[Batch * D];
        RandomFill.Gaussian<float>(1, 0, 0, _batch);
        _trainer.Step(_batch);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _trainer.Dispose();
        _flow.Dispose();
        _backend.Dispose();
    }

    [Benchmark]
    public double Step() => _trainer.Step(_batch).Objective;
}
