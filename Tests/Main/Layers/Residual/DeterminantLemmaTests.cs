using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The determinant lemma on residual blocks with a narrow layer: value and gradients of the exact Jacobian, at a lower cost.</summary>
public sealed class DeterminantLemmaTests
{
    private const int D = 7, Rows = 5;

    [Theory]
    [InlineData(new[] { 1 })]
    [InlineData(new[] { 3 })]
    [InlineData(new[] { 6 })]
    [InlineData(new[] { 9, 2, 8 })]
    [InlineData(new[] { 4, 4 })]
    public void It_is_the_exact_log_determinant_and_gradient(int[] hidden)
    {
        (double[] value, double[] gradient, _) = Train(hidden, new ExactLogDet<double>());
        (double[] lemma, double[] lemmaGradient, FlowStep step) = Train(hidden, new DeterminantLemma<double>());
        Assert.Equal((ValueKind.Exact, GradientKind.Exact), (step.Value, step.Gradient));
        Dense.Close("log-determinant", value, lemma, 1e-12);
        Dense.Close("gradient", gradient, lemmaGradient, 1e-11);
        Assert.True(value.Max(Math.Abs) > 1e-3 && gradient.Max(Math.Abs) > 1e-3, "nothing to compare");
    }

    [Theory]
    [InlineData(new[] { 7 })]
    [InlineData(new[] { 64, 64 })]
    [InlineData(new int[0])]
    public void A_block_without_a_narrow_layer_is_refused(int[] hidden)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new Residual<double>(D, hidden, logDet: new DeterminantLemma<double>()));
        Assert.Contains("determinant-lemma", e.Message, StringComparison.Ordinal);
        Assert.Contains("narrower than the 7 features", e.Message, StringComparison.Ordinal);
        Assert.Contains("exact", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_narrow_value_it_does_not_guess()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var x = tape.Input(new double[D], 1, D), g = tape.Tanh(x);
        Assert.Throws<NotSupportedException>(() => ((ILogDetEstimator<double>)new DeterminantLemma<double>()).Record(tape, g, x, 1, 0));
    }

    private static (double[] Value, double[] Gradient, FlowStep Step) Train(int[] hidden, ILogDetEstimator<double> estimator)
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var block = new Residual<double>(D, hidden, lipschitz: 0.9, logDet: estimator);
        block.Attach(store, "block", 3);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        Var x = tape.Input(Dense.Random(4, Rows, D), Rows, D, needsGrad: true);
        FlowStep step = block.Forward(tape, x, new StepContext { Mode = FlowMode.Train, Key = 3, Step = 1 });
        tape.Backward(tape.Mean(step.LogAbsDet));
        double[] value = new double[Rows], dx = new double[Rows * D];
        tape.Read(step.LogAbsDet, value);
        tape.ReadGrad(x, dx);
        return (value, [.. dx, .. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))], step);
    }
}
