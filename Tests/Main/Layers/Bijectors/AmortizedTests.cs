using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Planar, radial and Sylvester maps with parameters of every row: each row is mapped as if its parameters were those of the batch, both ways, and the gradients reach them.</summary>
public sealed class AmortizedTests
{
    private const int Rows = 3, D = 4, M = 2;

    private delegate FlowStep Map(Tape<double> tape, Var x, Var[] parameters, bool inverse);

    // Shapes of the parameters of one row.
    private static readonly Dictionary<string, ((int Rows, int Cols)[] Shapes, Map Map)> Maps = new()
    {
        ["planar"] = ([(1, D), (1, D), (1, 1)], static (t, x, p, inverse) => inverse
            ? PlanarMap.Inverse(t, x, p[0], p[1], p[2], PlanarActivation.Tanh)
            : PlanarMap.Forward(t, x, p[0], p[1], p[2], PlanarActivation.Tanh)),
        ["planar-leaky"] = ([(1, D), (1, D), (1, 1)], static (t, x, p, inverse) => inverse
            ? PlanarMap.Inverse(t, x, p[0], p[1], p[2], PlanarActivation.LeakyRelu, 0.3)
            : PlanarMap.Forward(t, x, p[0], p[1], p[2], PlanarActivation.LeakyRelu, 0.3)),
        ["radial"] = ([(1, D), (1, 1), (1, 1)], static (t, x, p, inverse) => inverse
            ? NativeFlow.Layers.RadialMap.Inverse(t, x, p[0], p[1], p[2])
            : NativeFlow.Layers.RadialMap.Forward(t, x, p[0], p[1], p[2])),
        ["sylvester"] = ([(D, M), (M, M), (M, M), (1, M)], static (t, x, p, inverse) => inverse
            ? SylvesterMap.Inverse(t, x, p[0], p[1], p[2], p[3])
            : SylvesterMap.Forward(t, x, p[0], p[1], p[2], p[3])),
    };

    [Theory]
    [InlineData("planar")]
    [InlineData("planar-leaky")]
    [InlineData("radial")]
    [InlineData("sylvester")]
    public void EachRowHasItsOwnParameters(string name)
    {
        using var backend = new SimdBackend<double>(1);
        double[] x = new PhiloxNormals(1).Take(Rows * D);
        double[][] parameters = Draw(name);
        foreach (bool inverse in (bool[])[false, true])
        {
            (double[] all, double[] logDet) = Run(name, backend, x, Rows, parameters, inverse);
            for (int r = 0; r < Rows; r++)
            {
                double[][] own = [.. parameters.Select(p => p.AsSpan(r * p.Length / Rows, p.Length / Rows).ToArray())];
                // Twice the row, so that one set serves a batch of two.
                double[] row = [.. x.AsSpan(r * D, D), .. x.AsSpan(r * D, D)];
                (double[] one, double[] oneLogDet) = Run(name, backend, row, 2, own, inverse);
                BijectorChecks.Close("a row", all.AsSpan(r * D, D), one.AsSpan(D), 1e-13);
                BijectorChecks.Close("its log-det", [logDet[r]], [oneLogDet[1]], 1e-13);
            }
        }
        (double[] z, double[] forward) = Run(name, backend, x, Rows, parameters, false);
        (double[] back, double[] backward) = Run(name, backend, z, Rows, parameters, true);
        BijectorChecks.Close("round trip", back, x, 1e-12);
        BijectorChecks.Close("log-det of the inverse", backward, [.. forward.Select(v => -v)], 1e-11);
    }

    [Theory]
    [InlineData("planar", false)]
    [InlineData("planar", true)]
    [InlineData("planar-leaky", true)]
    [InlineData("radial", false)]
    [InlineData("radial", true)]
    [InlineData("sylvester", false)]
    [InlineData("sylvester", true)]
    public void GradientsReachTheParametersOfEveryRow(string name, bool inverse)
    {
        using var backend = new ReferenceBackend<double>();
        double[] x = new PhiloxNormals(2).Take(Rows * D), ct = new PhiloxNormals(3).Take(Rows * D);
        double[][] parameters = Draw(name);
        // The inverse takes Q's columns for orthonormal, and R for triangular: only such directions may be compared.
        bool IsFree(int which, int i) => name != "sylvester" || which == 3 || (which != 0 && i % (M * M) / M <= i % M);
        double Loss(Tape<double> tape, double[][] p, out Var[] handles)
        {
            handles = Inputs(tape, name, p, Rows);
            FlowStep step = Maps[name].Map(tape, tape.Input(x, Rows, D), handles, inverse);
            Var loss = tape.Add(tape.Sum(tape.Multiply(tape.Input(ct, Rows, D), step.Output)), tape.Sum(step.LogAbsDet, 0.7));
            if (handles[0].NeedsGrad) tape.Backward(loss);
            return tape.Scalar(loss);
        }
        using var tape = new Tape<double>(backend);
        Loss(tape, parameters, out Var[] vars);
        int compared = 0;
        for (int which = 0; which < vars.Length; which++)
        {
            var gradient = new double[vars[which].Length];
            tape.ReadGrad(vars[which], gradient);
            for (int i = 0; i < gradient.Length; i++)
            {
                if (!IsFree(which, i)) continue;
                double Moved(double by)
                {
                    double[][] moved = [.. parameters.Select(p => (double[])p.Clone())];
                    moved[which][i] += by;
                    using var other = new Tape<double>(backend) { RecordsGradients = false };
                    return Loss(other, moved, out _);
                }
                Assert.Equal((Moved(1e-5) - Moved(-1e-5)) / 2e-5, gradient[i], 1e-7 * Math.Max(1, Math.Abs(gradient[i])));
                compared++;
            }
        }
        Assert.True(compared >= Rows * 6, $"{compared} compared");
    }

    private static double[][] Draw(string name)
    {
        var random = new PhiloxNormals(9);
        (int Rows, int Cols)[] shapes = Maps[name].Shapes;
        double[][] parameters = [.. shapes.Select(s => random.Take(Rows * s.Rows * s.Cols))];
        if (name != "sylvester") return parameters;
        for (int r = 0; r < Rows; r++)
        {
            // Orthonormal columns in two planes of their own; upper triangles with diagonals inside (-1, 1).
            Array.Clear(parameters[0], r * D * M, D * M);
            for (int j = 0; j < M; j++)
            {
                double angle = 0.3 + r + (2 * j);
                parameters[0][(r * D * M) + (2 * j * M) + j] = Math.Cos(angle);
                parameters[0][(r * D * M) + (((2 * j) + 1) * M) + j] = Math.Sin(angle);
            }
            foreach (int which in (int[])[1, 2])
                for (int i = 0; i < M; i++)
                    for (int j = 0; j <= i; j++)
                    {
                        ref double v = ref parameters[which][(r * M * M) + (i * M) + j];
                        v = i == j ? Math.Tanh(v) : 0;
                    }
        }
        return parameters;
    }

    private static Var[] Inputs(Tape<double> tape, string name, double[][] parameters, int sets)
        => [.. parameters.Select((p, i) => tape.Input(p, p.Length / Maps[name].Shapes[i].Cols, Maps[name].Shapes[i].Cols, needsGrad: true)).Take(sets * parameters.Length)];

    private static (double[] Out, double[] LogDet) Run(string name, IBackend<double> backend, double[] x, int rows, double[][] parameters, bool inverse)
    {
        using var tape = new Tape<double>(backend);
        FlowStep step = Maps[name].Map(tape, tape.Input(x, rows, D), Inputs(tape, name, parameters, rows), inverse);
        double[] z = new double[x.Length], logDet = new double[rows];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        return (z, logDet);
    }
}
