using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The measure of round trips itself: small for an inverse, large for none, and it sees what is not finite.</summary>
public sealed class RoundTripTests
{
    [Fact]
    public void ExactInverseComesBack()
    {
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new Linear<double>(5), new SmoothLeakyRelu<double>(5, 0.3)], new StandardNormal<double>(5), 3, backend);
        var x = new double[500];
        RandomFill.Gaussian<double>(1, 0, 0, x);
        RoundTrip trip = RoundTrip.Of<double>(flow, x);
        Assert.Equal(100, trip.Rows);
        Assert.Equal(0, trip.NonFinite);
        Assert.InRange(trip.Largest, 0, 1e-12);
        Assert.InRange(trip.RootMeanSquare, 0, trip.Largest);
        Assert.InRange(RoundTrip.OfSamples(flow, 50, 7).Largest, 0, 1e-12);
    }

    [Fact]
    public void WrongInverseAndNumbersThatAreNotFiniteAreSeen()
    {
        using var backend = new SimdBackend<float>(1);
        using var flow = new Flow<float>([new OffInverse(2)], new StandardNormal<float>(2), 3, backend);
        RoundTrip wrong = RoundTrip.Of<float>(flow, [1, 2, 3, 4]);
        Assert.Equal(0.5, wrong.Largest, 6);
        Assert.Equal(0.5, wrong.RootMeanSquare, 6);
        RoundTrip bad = RoundTrip.Of<float>(flow, [1, float.PositiveInfinity, 3, 4]);
        Assert.Equal(1, bad.NonFinite);
        Assert.Equal(double.PositiveInfinity, bad.Largest);
        Assert.Throws<ArgumentException>(() => RoundTrip.Of<float>(flow, [1, 2, 3]));
    }

    private sealed class OffInverse(int dimension) : IBijector<float>
    {
        public string Kind => "off-inverse";

        public int Dimension => dimension;

        public void Attach(NativeFlow.Engine.ParameterStore<float> store, string scope, ulong seed) { }

        public FlowStep Forward(NativeFlow.Engine.Tape<float> tape, NativeFlow.Engine.Var x, in StepContext c) => FlowStep.Exact(x, tape.Constant(0));

        public FlowStep Inverse(NativeFlow.Engine.Tape<float> tape, NativeFlow.Engine.Var z, in StepContext c)
            => FlowStep.Exact(NativeFlow.Engine.AddConstantOpRecording.AddConstant(tape, z, 0.5), tape.Constant(0));

        public void WriteConfig(System.Text.Json.Utf8JsonWriter json) { }
    }
}
