using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Matrices by factors at sizes where the blocked kernels work, against dense LU; and what is singular is refused by name.</summary>
public sealed class FactoredLinearTests
{
    [Theory]
    [InlineData("""{"kind":"triangular","dimension":150}""")]
    [InlineData("""{"kind":"linear-lu","dimension":150}""")]
    [InlineData("""{"kind":"linear-lu-packed","dimension":150}""")]
    [InlineData("""{"kind":"linear-qr","dimension":150,"reflections":70}""")]
    [InlineData("""{"kind":"linear-svd","dimension":90,"reflections":70}""")]
    [InlineData("""{"kind":"householder","dimension":150,"reflections":150}""")]
    [InlineData("""{"kind":"rotation","dimension":70}""")]
    [InlineData("""{"kind":"matrix-exponential","dimension":70}""")]
    [InlineData("""{"kind":"diagonal-low-rank","dimension":150,"rank":5}""")]
    [InlineData("""{"kind":"woodbury","features":75,"rank":5,"rows":2}""")]
    [InlineData("""{"kind":"circulant","dimension":97}""")]
    public void LargeMatricesAgreeWithDenseLu(string recipe)
    {
        using var backend = new SimdBackend<double>(2);
        var test = new BijectorCase("large", recipe, -1, 1, [], Noise: 0.02);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using (store)
        {
            int d = b.Dimension;
            // W from the images of the unit vectors and of zero; rows of z are columns of W plus the bias.
            double[] unit = new double[(d + 1) * d], x = test.Inputs(20, d, 3);
            for (int i = 0; i < d; i++) unit[(i * d) + i] = 1;
            double[] images = BijectorChecks.Run(b, backend, store, unit, inverse: false).Out, w = new double[d * d];
            for (int j = 0; j < d; j++)
                for (int i = 0; i < d; i++) w[(i * d) + j] = images[(j * d) + i] - images[(d * d) + i];
            (double[] z, double[] logDet) = BijectorChecks.Run(b, backend, store, x, inverse: false);
            BijectorChecks.Close("log-det", [logDet[0]], [BruteForceJacobian.LogAbsDet(w, d)], 1e-10);
            (double[] back, double[] minus) = BijectorChecks.Run(b, backend, store, z, inverse: true);
            BijectorChecks.Close("inverse", back, x, 1e-9);
            BijectorChecks.Close("its log-det", [minus[0]], [-logDet[0]], 1e-10);
        }
    }

    [Theory]
    [InlineData("""{"kind":"triangular","dimension":150}""")]
    [InlineData("""{"kind":"linear-lu","dimension":150}""")]
    [InlineData("""{"kind":"linear-lu-packed","dimension":150}""")]
    [InlineData("""{"kind":"linear-qr","dimension":150,"reflections":100}""")]
    [InlineData("""{"kind":"matrix-exponential","dimension":70}""")]
    [InlineData("""{"kind":"diagonal-low-rank","dimension":150,"rank":5}""")]
    [InlineData("""{"kind":"batchnorm","channels":150}""")]
    [InlineData("""{"kind":"sylvester","dimension":150,"rank":8,"reflections":8}""")]
    public void NumbersDoNotDependOnThreads(string recipe)
    {
        var test = new BijectorCase("threads", recipe, -1, 1, [], Noise: 0.02);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var backend = new SimdBackend<float>(threads);
            (IBijector<float> b, ParameterStore<float> store) = test.Make(backend);
            using (store)
            using (var tape = new Tape<float>(backend, store))
            {
                float[] x = Array.ConvertAll(test.Inputs(300, b.Dimension, 3), v => (float)v), dx = new float[x.Length];
                Var v = tape.Input(x, 300, b.Dimension, needsGrad: true);
                FlowStep there = b.Forward(tape, v, new StepContext()), back = b.Inverse(tape, v, new StepContext());
                tape.Backward(tape.Add(tape.Sum(tape.Multiply(there.Output, back.Output)), tape.Sum(there.LogAbsDet)));
                tape.ReadGrad(v, dx);
                float[] z = new float[x.Length], y = new float[x.Length];
                tape.Read(there.Output, z);
                tape.Read(back.Output, y);
                float[] all = [.. z, .. y, .. dx, .. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))];
                first ??= all;
                Assert.Equal(first, all);
            }
        }
    }

    // The transform of a row against its definition with complex exponentials, and there and back.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(12)]
    [InlineData(37)]
    public void TheFourierTransformIsItsDefinition(int n)
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        double[] x = new PhiloxNormals(6).Take(n), y = new double[2 * n], expected = new double[2 * n], back = new double[n];
        for (int k = 0; k < n; k++)
        {
            System.Numerics.Complex sum = 0;
            for (int j = 0; j < n; j++) sum += x[j] * System.Numerics.Complex.Exp(new(0, -2 * Math.PI * j * k / n));
            (expected[k], expected[n + k]) = (sum.Real, sum.Imaginary);
        }
        Var spectrum = tape.Fourier(tape.Input(x, 1, n));
        tape.Read(spectrum, y);
        tape.Read(tape.FourierInverse(spectrum), back);
        BijectorChecks.Close("transform", y, expected, 1e-12);
        BijectorChecks.Close("back", back, x, 1e-13);
    }

    [Fact]
    public void ASingularFilterIsRefusedByName()
    {
        using var backend = new ReferenceBackend<double>();
        (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("singular", """{"kind":"circulant","dimension":4}""", -1, 1, []).Make(backend);
        using (store)
        {
            // Differences of neighbours: the mean is lost.
            store.Write(store.Find("layer.filter"), [1, -1, 0, 0]);
            var error = Assert.Throws<OutsideDomainException>(() => BijectorChecks.Run(b, backend, store, [1, 2, 3, 4], inverse: true));
            Assert.Contains("singular", error.Message, StringComparison.Ordinal);
        }
    }

    // Reflections one after another: the definition.
    [Fact]
    public void ReflectionsAtOnceAreReflectionsInTurn()
    {
        const int D = 9, K = 7;
        using var backend = new SimdBackend<double>(1);
        var test = new BijectorCase("in turn", $$"""{"kind":"householder","dimension":{{D}},"reflections":{{K}}}""", -1, 1, []);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using (store)
        {
            double[] q = store.Read(store.Find("layer.q_vectors"));
            // Lengths must not matter, however different.
            for (int i = 0; i < q.Length; i++) q[i] *= Math.Pow(10, (i / D) - 3);
            store.Write(store.Find("layer.q_vectors"), q);
            double[] x = test.Inputs(1, D, 4), v = [.. x];
            for (int k = 0; k < K; k++)
            {
                double dot = 0, square = 0;
                for (int j = 0; j < D; j++)
                {
                    dot += q[(k * D) + j] * v[j];
                    square += q[(k * D) + j] * q[(k * D) + j];
                }
                for (int j = 0; j < D; j++) v[j] -= 2 * dot / square * q[(k * D) + j];
            }
            BijectorChecks.Close("in turn", BijectorChecks.Run(b, backend, store, x, inverse: false).Out, v, 1e-13);
        }
    }

    [Theory]
    [InlineData("""{"kind":"householder","dimension":3,"reflections":2}""", "layer.q_vectors", false)]
    [InlineData("""{"kind":"linear-qr","dimension":3,"reflections":2}""", "layer.q_vectors", false)]
    [InlineData("""{"kind":"linear-lu-packed","dimension":3}""", "layer.lu", true)]
    public void ASingularMatrixIsRefusedByName(string recipe, string parameter, bool inverse)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("singular", recipe, -1, 1, []).Make(backend);
            using (store)
            {
                store.Write(store.Find(parameter), new double[store.Find(parameter).Length]);
                var error = Assert.Throws<SingularMatrixException>(() => BijectorChecks.Run(b, backend, store, [1, 2, 3], inverse));
                Assert.Equal(0, error.Pivot);
            }
        }
    }
}
