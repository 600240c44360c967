using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// Group hyperbolic, the flows: stored in ambient coordinates from latent to data, with the log-determinant of Riemannian volume. Ours work in tangent coordinates: logarithm and exponential
/// at the origin stand around them. The two tangent couplings of the source, with and without maps between the blocks, are one function.
/// </summary>
internal static class HyperbolicCouplingChecks
{
    private const int Blocks = 4, NetworkLayers = 3;

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] inputs =
        [
            "x", "mask", "ct.z", "ct.log_abs_det",
            .. Enumerable.Range(0, Blocks).SelectMany(k => ((string[])["s", "t"]).SelectMany(n => Enumerable.Range(0, NetworkLayers)
                .SelectMany(i => (string[])[$"block{k}.{n}.{i}.weight", $"block{k}.{n}.{i}.bias"]))),
        ];
        table.Add("hyperbolic_tangent_coupling", new FixtureCheck<T>(inputs, static run => Check(run, wrapped: false)));
        table.Add("hyperbolic_tangent_coupling_all", new FixtureCheck<T>(inputs, static run => Check(run, wrapped: false)));
        table.Add("hyperbolic_wrapped_coupling", new FixtureCheck<T>(inputs, static run => Check(run, wrapped: true)));
    }

    private static void Check<T>(CaseRun<T> run, bool wrapped) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        double radius = run.File.Number("radius");
        HyperbolicGuard.OnManifold(run.Input("x"), cols, radius);
        var space = new HyperbolicSpace<T>(radius);
        var ambient = new AmbientHyperboloid<T>(space);
        var parameters = new PlacedTensors<T>(run);
        Chain<T> chain = Make(run, cols - 1, space, parameters, wrapped);
        using var store = new ParameterStore<T>(run.Backend);
        chain.Attach(store, "layer", 1);
        store.Build();
        parameters.Write(store, "layer.");

        using var tape = new Tape<T>(run.Backend, store);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true);
        FlowStep step = chain.Inverse(tape, ambient.Log0(tape, x), new StepContext { Mode = FlowMode.Train });
        if (step.Value != ValueKind.Exact) throw new InvalidOperationException($"The log-determinant is {step.Value}, expected an exact one.");
        Var z = ambient.Exp0(tape, step.Output);
        run.Compare("z", tape, z);
        run.Compare("log_abs_det", tape, step.LogAbsDet);
        tape.Backward(tape.Add(Weighted(run, tape, z, "ct.z"), Weighted(run, tape, step.LogAbsDet, "ct.log_abs_det")));
        double[] points = run.Input("x"), gradient = Tangent(points, CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, x)), cols, radius);
        run.CompareGrad("grad.x", tape, x);
        run.Compare("rgrad.x", gradient);
        parameters.CompareGradients(store, "layer.");

        // What a sample does to the others ends here: the way back starts from the numbers alone.
        T[] latent = CaseRun<T>.Read(tape, step.Output), logDet = CaseRun<T>.Read(tape, step.LogAbsDet);
        tape.Reset();
        FlowStep back = chain.Forward(tape, tape.Input(latent, rows, cols - 1), new StepContext());
        T[] again = CaseRun<T>.Read(tape, ambient.Exp0(tape, back.Output));
        run.CompareIfStored("x_rec", again);
        run.CompareTo("inverse (against x)", points, CaseRun<T>.Widen(again));
        run.CompareTo(LayerBench<T>.InverseLogDet, Array.ConvertAll(CaseRun<T>.Widen(logDet), static v => -v), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back.LogAbsDet)));
    }

    // Blocks are stored in the order from latent to data, in which a chain's inverse takes its layers from the last to the first.
    private static Chain<T> Make<T>(CaseRun<T> run, int n, HyperbolicSpace<T> space, PlacedTensors<T> parameters, bool wrapped) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int blocks, int width) = run.Matrix("mask");
        double[] mask = run.Input("mask");
        if (width != n || blocks > Blocks || mask.Any(v => v is not (0 or 1)))
            throw new BadInputException($"{run.File.Path}: tensor 'mask' is {blocks}x{width}, expected up to {Blocks} rows of {n} zeros and ones; the file is damaged or of another kind.");
        var layers = new IBijector<T>[blocks];
        for (int k = 0; k < blocks; k++)
        {
            bool[] moved = Array.ConvertAll(mask[(k * n)..((k + 1) * n)], static b => b == 0);
            int[] pass = [.. Enumerable.Range(0, n).Where(j => !moved[j])], move = [.. Enumerable.Range(0, n).Where(j => moved[j])];
            int at = blocks - 1 - k;
            Activation activation = CouplingChecks.Activation(run);
            var networks = new SeparateNetworks<T>(
            [
                new Mlp<T>(pass.Length, move.Length, PlacedTensors<T>.Hidden(run, $"block{k}.t"), activation),
                new Mlp<T>(pass.Length, move.Length, PlacedTensors<T>.Hidden(run, $"block{k}.s"), activation),
            ]);
            layers[at] = wrapped
                ? new WrappedHyperboloidCoupling<T>(moved, space, networks, measure: HyperbolicMeasure.Riemannian)
                : new TangentCoupling<T>(moved, space, networks, measure: HyperbolicMeasure.Riemannian);
            // The wrapped coupling's point has as many coordinates as move; everything else comes for all.
            parameters.AddMlp($"block{k}.t", $"{at}.part0.", wrapped ? null : move, pass).AddMlp($"block{k}.s", $"{at}.part1.", move, pass);
        }
        return new Chain<T>(layers);
    }

    public static Var Weighted<T>(CaseRun<T> run, Tape<T> tape, Var v, string cotangent) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Sum(tape.Multiply(run.Load(tape, cotangent, v.Rows, v.Cols), v));

    /// <summary>The Riemannian gradient of an ambient one: index raised, then projected, g + (x, g) x / R^2 with the Lorentz product.</summary>
    public static double[] Tangent(double[] x, double[] gradient, int cols, double radius)
    {
        double[] tangent = (double[])gradient.Clone();
        for (int row = 0; row < x.Length; row += cols)
        {
            tangent[row] = -gradient[row];
            double product = -x[row] * tangent[row];
            for (int j = 1; j < cols; j++) product += x[row + j] * tangent[row + j];
            for (int j = 0; j < cols; j++) tangent[row + j] += product * x[row + j] / (radius * radius);
        }
        return tangent;
    }
}
