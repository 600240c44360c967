using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Recomputation on images: couplings whose network is convolutional train with the same bits in the memory of one.</summary>
public sealed class RecomputedImageTests
{
    private const int Channels = 4, Side = 6, Batch = 8, Depth = 10;

    [Fact]
    public void ConvolutionsTrainWithTheSameBitsInTheMemoryOfOneLayer()
    {
        (float[] Parameters, float[] Input, long Bytes) plain = Train(Depth, l => new PlainChain<float>(l)), one = Train(1, l => new PlainChain<float>(l));
        (float[] Parameters, float[] Input, long Bytes) wrapped = Train(Depth, l => new Recomputed<float>(l)), rebuilt = Train(Depth, l => new Recomputed<float>(l, RecomputeFrom.Output));
        Assert.Equal(plain.Parameters, wrapped.Parameters);
        Assert.Equal(plain.Input, wrapped.Input);
        Assert.NotEqual(plain.Input, rebuilt.Input);
        for (int i = 0; i < plain.Input.Length; i++) Assert.Equal(plain.Input[i], rebuilt.Input[i], 1e-5f * plain.Input.Max(Math.Abs));
        Assert.True(wrapped.Bytes < 3 * one.Bytes && rebuilt.Bytes < 3 * one.Bytes && plain.Bytes > 6 * one.Bytes, $"{plain.Bytes} bytes plain, {wrapped.Bytes} from inputs, {rebuilt.Bytes} from the output, {one.Bytes} for one layer");
    }

    // Parameters after two steps, then the gradient of a batch with respect to itself.
    private static (float[] Parameters, float[] Input, long Bytes) Train(int depth, Func<List<IBijector<float>>, IBijector<float>> chain)
    {
        using var backend = new SimdBackend<float>(2);
        List<IBijector<float>> layers = [];
        for (int i = 0; i < depth; i++) layers.AddRange([new ActNorm<float>(Channels, Side * Side), new ConvCoupling()]);
        const int D = Channels * Side * Side;
        using var flow = new Flow<float>([chain(layers)], new StandardNormal<float>(D), 4, backend);
        float[] x = [.. new PhiloxNormals(6).Take(Batch * D).Select(v => (float)v)];
        flow.Initialize(x);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions());
        for (int i = 0; i < 2; i++) trainer.Step(x);
        using var tape = new Tape<float>(backend, flow.Store);
        Var v = tape.Input(x, Batch, D, needsGrad: true);
        tape.Backward(flow.RecordObjective(tape, v, new StepContext { Mode = FlowMode.Train }).Loss);
        var dx = new float[x.Length];
        tape.ReadGrad(v, dx);
        return ([.. flow.Store.Parameters.SelectMany(p => flow.Store.Read(p.Var))], dx, trainer.TapeBytes);
    }

    /// <summary>Half of the channels are shifted by a network of 3x3, 1x1 and 3x3 convolutions of the others; then the halves change places.</summary>
    private sealed class ConvCoupling : IBijector<float>
    {
        private const int Half = Channels / 2, Hidden = 32, Pixels = Side * Side;

        private readonly ConvShape _first = ConvShape.Same(Half, Hidden, Side, Side, 3), _middle = ConvShape.Same(Hidden, Hidden, Side, Side, 1), _last = ConvShape.Same(Hidden, Half, Side, Side, 3);
        private Var _w1, _w2, _w3;

        public string Kind => "conv-coupling";

        public int Dimension => Channels * Pixels;

        public bool HasExactInverse => true;

        public void Attach(ParameterStore<float> store, string scope, ulong seed)
        {
            Var Weight(string name, ConvShape shape)
            {
                var w = new double[shape.WeightLength];
                RandomFill.Gaussian<double>(seed, (ulong)name.Length, 0, w);
                return store.AddParameter($"{scope}.{name}", shape.OutChannels, shape.WeightColumns, [.. w.Select(v => 0.5 * v / Math.Sqrt(shape.WeightColumns))]);
            }

            (_w1, _w2, _w3) = (Weight("a", _first), Weight("bb", _middle), Weight("ccc", _last));
        }

        public FlowStep Forward(Tape<float> tape, Var x, in StepContext c)
        {
            (Var pass, Var move) = (tape.SliceColumns(x, 0, Half * Pixels), tape.SliceColumns(x, Half * Pixels, Half * Pixels));
            return FlowStep.Exact(tape.ConcatColumns(tape.Add(move, Net(tape, pass)), pass), tape.Constant(0));
        }

        public FlowStep Inverse(Tape<float> tape, Var z, in StepContext c)
        {
            (Var moved, Var pass) = (tape.SliceColumns(z, 0, Half * Pixels), tape.SliceColumns(z, Half * Pixels, Half * Pixels));
            return FlowStep.Exact(tape.ConcatColumns(pass, tape.Subtract(moved, Net(tape, pass))), tape.Constant(0));
        }

        public void WriteConfig(Utf8JsonWriter json)
        {
        }

        private Var Net(Tape<float> tape, Var x)
            => tape.Conv2d(tape.Relu(tape.Conv2d(tape.Relu(tape.Conv2d(x, _w1, _first, Var.None)), _w2, _middle, Var.None)), _w3, _last, Var.None);
    }
}
