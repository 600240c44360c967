using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group residual, the maps with a determinant by lemma: planar, radial, Sylvester with parameters of every row, and the product of reflections as a matrix.</summary>
internal static class PlanarChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("planar", new FixtureCheck<T>(["x", "u", "w", "b", "ct.z", "ct.log_abs_det"], Planar));
        table.Add("radial", new FixtureCheck<T>(["x", "alpha", "beta", "z_0", "ct.z", "ct.log_abs_det"], Radial));
        table.Add("sylvester", new FixtureCheck<T>(["x", "Q", "r1", "r2", "b", "ct.z", "ct.log_abs_det"], static run => Sylvester(run, Load)));
        table.Add("sylvester_triangular", new FixtureCheck<T>(["x", "r1", "r2", "b", "ct.z", "ct.log_abs_det"], static run => Sylvester(run, Reversal)));
        table.Add("householder_matrix", new FixtureCheck<T>(["q", "ct.Q"], HouseholderMatrix));
    }

    private static void Planar<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        PlanarActivation activation = run.File.Config.GetProperty("activation").GetString() == "tanh" ? PlanarActivation.Tanh : PlanarActivation.LeakyRelu;
        using var bench = new LayerBench<T>(run, new Planar<T>(run.Matrix("x").Cols, activation, run.File.Number("negative_slope")), ("u", "u"), ("w", "w"), ("b", "b"));
        bench.CompareAll();
    }

    /// <summary>One row lies so near to the center that single precision loses digits of its direction: the two gradients along it are judged at the inputs as the run's precision holds them.</summary>
    private static void Radial<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int d) = run.Matrix("x");
        double alpha = Math.Abs(run.Input("alpha", 1)[0]), strength = Math.Log(1 + Math.Exp(run.Input("beta", 1)[0])) - alpha;
        double[] ctZ = run.Input("ct.z", rows * d), ctLogDet = run.Input("ct.log_abs_det", rows), places = [.. run.Input("x"), .. run.Input("z_0", d)];
        using var bench = new LayerBench<T>(run, new Radial<T>(d), ("alpha", "alpha"), ("beta", "beta"), ("z_0", "center"));
        Var x = bench.LoadX();
        FlowStep step = bench.Layer.Forward(bench.Tape, x, new StepContext { Mode = FlowMode.Train });
        T[] z = CaseRun<T>.Read(bench.Tape, step.Output), logDet = bench.Spread(step.LogAbsDet);
        run.Compare("z", z);
        run.Compare("log_abs_det", logDet);
        bench.Tape.Backward(bench.Tape.Add(bench.Weighted(step.Output, "ct.z"), bench.Weighted(step.LogAbsDet, "ct.log_abs_det")));
        run.Compare("grad.alpha", bench.Store.ReadGradient(bench.Find("alpha")));
        run.Compare("grad.beta", bench.Store.ReadGradient(bench.Find("beta")));
        run.CompareFunction("grad.x", places, CaseRun<T>.ReadGrad(bench.Tape, x), p => Gradients(p).X);
        run.CompareFunction("grad.z_0", places, bench.Store.ReadGradient(bench.Find("center")), p => Gradients(p).Center);
        bench.CompareInverse(z, logDet, Sensitivity.Plain);

        // dL/dx = (1 + h) ct + (h' ct.d + ct' dl/dr) d/r, and minus its part through d for the center.
        (double[] X, double[] Center) Gradients(double[] p)
        {
            double[] gradient = new double[rows * d], center = new double[d];
            for (int row = 0; row < rows; row++)
            {
                double square = 0, along = 0;
                for (int j = 0; j < d; j++)
                {
                    double v = p[(row * d) + j] - p[(rows * d) + j];
                    square += v * v;
                    along += v * ctZ[(row * d) + j];
                }
                double r = Math.Sqrt(square), q = alpha + r, h = strength / q, bend = -h / q;
                double slope = ((d - 1) * bend / (1 + h)) - (2 * alpha * strength / (q * q * q) / (1 + (alpha * strength / (q * q))));
                double radial = ((bend * along) + (ctLogDet[row] * slope)) / r;
                for (int j = 0; j < d; j++)
                {
                    double through = (h * ctZ[(row * d) + j]) + (radial * (p[(row * d) + j] - p[(rows * d) + j]));
                    gradient[(row * d) + j] = ctZ[(row * d) + j] + through;
                    center[j] -= through;
                }
            }
            return (gradient, center);
        }
    }

    private static Var Load<T>(CaseRun<T> run, Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] shape = run.Shape("Q");
        return run.Load(tape, "Q", shape[0] * shape[1], shape[2]);
    }

    private static Var Reversal<T>(CaseRun<T> run, Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Matrix("x").Cols;
        var q = new T[d * d];
        for (int i = 0; i < d; i++) q[(i * d) + d - 1 - i] = T.One;
        return tape.Input(q, d, d);
    }

    private static void Sylvester<T>(CaseRun<T> run, Func<CaseRun<T>, Tape<T>, Var> basis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(run.Backend);
        (int rows, int cols) = run.Matrix("x");
        int m = run.Matrix("b").Cols;
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true), q = basis(run, tape);
        Var r1 = run.Load(tape, "r1", rows * m, m, needsGrad: true), r2 = run.Load(tape, "r2", rows * m, m, needsGrad: true), b = run.Load(tape, "b", rows, m, needsGrad: true);
        FlowStep step = SylvesterMap.Forward(tape, x, q, r1, r2, b);
        run.Compare("z", tape, step.Output);
        run.Compare("log_abs_det", tape, step.LogAbsDet);
        Var loss = tape.Sum(tape.Multiply(run.Load(tape, "ct.z", rows, cols), step.Output));
        tape.Backward(tape.Add(loss, tape.Sum(tape.Multiply(run.Load(tape, "ct.log_abs_det", rows, 1), step.LogAbsDet))));
        foreach ((string name, Var v) in ((string, Var)[])[("x", x), ("r1", r1), ("r2", r2), ("b", b)]) run.CompareGrad("grad." + name, tape, v);

        double[] minus = Array.ConvertAll(CaseRun<T>.Widen(CaseRun<T>.Read(tape, step.LogAbsDet)), static v => -v);
        FlowStep back = SylvesterMap.Inverse(tape, step.Output, q, r1, r2, b);
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back.Output)));
        run.CompareTo("inverse log_abs_det (against -log_abs_det)", minus, CaseRun<T>.Widen(CaseRun<T>.Read(tape, back.LogAbsDet)));
    }

    /// <summary>The images of the unit vectors, in rows, are Q transposed.</summary>
    private static void HouseholderMatrix<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] shape = run.Shape("q");
        if (shape.Length != 3) throw new BadInputException($"{run.File.Path}: 'q' has shape [{string.Join(", ", shape)}], expected [batch, reflections, features].");
        (int count, int reflections, int d) = (shape[0], shape[1], shape[2]);
        T[] q = run.Values("q", count * reflections * d), ct = run.Values("ct.Q", count * d * d), matrices = new T[count * d * d], gradients = new T[q.Length];
        for (int i = 0; i < count; i++)
        {
            using var store = new ParameterStore<T>(run.Backend);
            var layer = new Householder<T>(d, reflections);
            layer.Attach(store, "layer", 1);
            store.Build();
            Var vectors = store.Find("layer.q_vectors");
            run.Backend.Write(q.AsSpan(i * reflections * d, reflections * d), store.ValueOf(vectors));
            using var tape = new Tape<T>(run.Backend, store);
            Var matrix = tape.Transpose(layer.Forward(tape, tape.Identity(d), new StepContext()).Output);
            tape.Read(matrix, matrices.AsSpan(i * d * d, d * d));
            tape.Backward(tape.Sum(tape.Multiply(tape.Input(ct.AsSpan(i * d * d, d * d), d, d), matrix)));
            store.ReadGradient(vectors).CopyTo(gradients.AsSpan(i * reflections * d));
        }
        run.Compare("Q", matrices);
        run.Compare("grad.q", gradients);
    }
}
