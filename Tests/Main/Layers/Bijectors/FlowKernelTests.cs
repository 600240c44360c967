using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

using Xunit;

namespace NativeFlow.Tests;

/// <summary>The lanes against the naive loops for every number of features, the Newton inverse to the last digits, and no garbage in a step.</summary>
[Collection("Alone")]
public sealed class FlowKernelTests
{
    private static readonly string[] Recipes =
    [
        """{"kind":"leaky-relu","dimension":#,"slope":0.2}""",
        """{"kind":"smooth-leaky-relu","dimension":#,"alpha":0.3}""",
        """{"kind":"logit","dimension":#,"alpha":0.02,"low":-4,"high":4,"temperature":1.5}""",
        """{"kind":"actnorm","channels":#}""",
        """{"kind":"actnorm","channels":#,"pixels":3,"center_first":true}""",
        """{"kind":"rational-quadratic-spline","dimension":#,"bins":4,"tail_bound":3}""",
    ];

    public static TheoryData<int> RecipeNumbers => [.. Enumerable.Range(0, Recipes.Length)];

    [Theory]
    [MemberData(nameof(RecipeNumbers))]
    public void LanesEqualTheReferenceForEveryWidth(int recipe)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        using var referenceFloat = new ReferenceBackend<float>();
        using var simdFloat = new SimdBackend<float>(1);
        for (int width = 1; width <= 70; width++)
        {
            var test = new BijectorCase("width", Recipes[recipe].Replace("#", width.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), -3.9, 3.9, []);
            double[] slow = Everything(test, reference), fast = Everything(test, simd);
            BijectorChecks.Close($"width {width}", fast, slow, 1e-12);
            double[] slowFloat = Everything(test, referenceFloat), fastFloat = Everything(test, simdFloat);
            BijectorChecks.Close($"width {width}, float", fastFloat, slowFloat, 2e-4);
        }
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void NewtonInverseIsExactToTheLastDigits(double alpha)
    {
        var f = new NativeFlow.Kernels.SmoothLeakyReluFunction<double>(alpha);
        var inverse = new SmoothLeakyReluInverse<double>(alpha);
        double[] z = Enumerable.Range(-400, 801).Select(i => i * Math.Abs(i) / 400.0).Concat([1e-300, -1e-300, 1e6, -1e6, (1 - alpha) * Math.Log(2)]).ToArray();
        double[] x = new double[z.Length], derivative = new double[z.Length], logDet = new double[1];
        ElementwiseFlow.InverseSimd(z, x, derivative, logDet, f, inverse);
        for (int i = 0; i < z.Length; i++)
        {
            // What rounding of x alone does to z, and of z itself, a few times over.
            double allowed = 6 * 2.2e-16 * (Math.Abs(z[i]) + (Math.Abs(x[i]) * f.Derivative(x[i], z[i])) + (1 - alpha));
            Assert.True(Math.Abs(f.Value(x[i]) - z[i]) <= allowed, $"alpha {alpha}: f({x[i]:R}) = {f.Value(x[i]):R}, wanted {z[i]:R}");
            double scalar = inverse.Value(z[i]);
            Assert.True(Math.Abs(f.Value(scalar) - z[i]) <= allowed, $"alpha {alpha}, scalar: f({scalar:R}) = {f.Value(scalar):R}, wanted {z[i]:R}");
        }
    }

    [Theory]
    [MemberData(nameof(RecipeNumbers))]
    public void AStepAllocatesNothing(int recipe)
    {
        using var backend = new SimdBackend<float>(1);
        var test = new BijectorCase("steps", Recipes[recipe].Replace("#", "33", StringComparison.Ordinal), -3.9, 3.9, []);
        (IBijector<float> b, ParameterStore<float> store) = test.Make(backend);
        using var tape = new Tape<float>(backend, store);
        float[] x = Array.ConvertAll(test.Inputs(8, b.Dimension, 3), v => (float)v), seed = new float[x.Length];
        Array.Fill(seed, 1);
        for (int i = 0; i < 5; i++) Step();
        int growths = tape.Growths;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(growths, tape.Growths);
        store.Dispose();

        void Step()
        {
            tape.Reset();
            Var v = tape.Input(x, 8, b.Dimension, needsGrad: true);
            Var z = b.Forward(tape, v, new StepContext()).Output;
            tape.Backward(b.Inverse(tape, z, new StepContext()).Output, seed);
        }
    }

    // Outputs, log-dets and all gradients of forward and inverse, one after another.
    private static double[] Everything<T>(BijectorCase test, IBackend<T> backend)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        (IBijector<T> b, ParameterStore<T> store) = test.Make(backend);
        using var tape = new Tape<T>(backend, store);
        T[] x = Array.ConvertAll(test.Inputs(3, b.Dimension, 17), v => T.CreateTruncating(v));
        var results = new List<double>();
        foreach (bool inverse in (bool[])[false, true])
        {
            tape.Reset();
            Var v = tape.Input(x, 3, b.Dimension, needsGrad: true);
            FlowStep step = inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());
            tape.Backward(tape.Add(tape.Sum(step.Output, 1.0 / b.Dimension), tape.Sum(step.LogAbsDet, 1.0 / b.Dimension)));
            Add(v, grad: false);
            Add(step.Output, grad: false);
            Add(step.LogAbsDet, grad: false);
            Add(v, grad: true);
            foreach (ParameterStore<T>.Entry p in store.Parameters) Add(p.Var, grad: true);
        }
        store.Dispose();
        return [.. results];

        void Add(Var v, bool grad)
        {
            var values = new T[v.Length];
            if (grad) tape.ReadGrad(v, values);
            else tape.Read(v, values);
            foreach (T value in values) results.Add(double.CreateTruncating(value));
        }
    }
}
