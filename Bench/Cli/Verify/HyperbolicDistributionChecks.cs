using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// Group hyperbolic, the wrapped normal (R = 1), twice: our distribution in tangent coordinates, whose gradients are those along the manifold, and the source's formulas in ambient coordinates, whose
/// gradients also point off it. Every row has a location and scales of its own.
/// </summary>
internal static class HyperbolicDistributionChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("wrapped_normal", new FixtureCheck<T>(["z", "loc", "scale", "ct.log_prob", "noise", "ct.sample"], WrappedNormal));

    private static void WrappedNormal<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (_, int cols) = run.Matrix("z");
        if (run.File.Number("radius") != 1) throw new BadInputException($"{run.File.Path}: its radius is {run.File.Number("radius")}, expected 1, the only one that the source has right; the file is of another kind.");
        HyperbolicGuard.OnManifold(run.Input("z"), cols, 1);
        HyperbolicGuard.OnManifold(run.Input("loc"), cols, 1);
        AmbientDensity(run);
        AmbientSample(run);
        Density(run);
        Sample(run);
    }

    // v = transport to the origin of log_loc(z); sum log N(v; 0, scale) - (n-1) log(sinh r / r), r the Lorentz length of log_loc(z).
    private static void AmbientDensity<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("z");
        using var tape = new Tape<T>(run.Backend);
        Var z = run.Load(tape, "z", rows, cols, needsGrad: true), loc = run.Load(tape, "loc", rows, cols, needsGrad: true), scale = run.Load(tape, "scale", rows, cols - 1, needsGrad: true);
        var ambient = new AmbientHyperboloid<T>(new HyperbolicSpace<T>());
        Var u = ambient.Log(tape, loc, z), v = ambient.Spatial(tape, ambient.TransportToOrigin(tape, u, loc));
        Var normal = tape.Subtract(tape.StandardNormalLogProb(tape.Divide(v, scale)), tape.SumColumns(tape.Log(scale)));
        Var logProb = tape.Subtract(normal, tape.Scale(tape.LogSinhRatio(ambient.Inner(tape, u, u)), cols - 2));
        run.Compare("log_prob", tape, logProb);
        tape.Backward(logProb, run.Values("ct.log_prob", rows));
        run.CompareGrad("grad.z", tape, z);
        run.CompareGrad("grad.loc", tape, loc);
        run.CompareGrad("grad.scale", tape, scale);
    }

    // exp_loc(u), u = transport of (0, scale noise), r the Lorentz length of u.
    private static void AmbientSample<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("z");
        using var tape = new Tape<T>(run.Backend);
        Var loc = run.Load(tape, "loc", rows, cols, needsGrad: true), scale = run.Load(tape, "scale", rows, cols - 1, needsGrad: true);
        var ambient = new AmbientHyperboloid<T>(new HyperbolicSpace<T>());
        Var v = tape.ConcatColumns(tape.Constant(0, rows), tape.Multiply(scale, run.Load(tape, "noise", rows, cols - 1)));
        Var sample = ambient.Exp(tape, loc, ambient.TransportFromOrigin(tape, v, loc));
        run.Compare("sample", tape, sample);
        tape.Backward(HyperbolicCouplingChecks.Weighted(run, tape, sample, "ct.sample"));
        run.CompareGrad("sample.grad.loc", tape, loc);
        run.CompareGrad("sample.grad.scale", tape, scale);
    }

    private static void Density<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("z");
        int n = cols - 1;
        double[] points = run.Input("z"), places = run.Input("loc"), scales = run.Input("scale", rows * n), weights = run.Input("ct.log_prob", rows);
        double[] logProb = new double[rows], gradZ = new double[rows * cols], gradLoc = new double[rows * cols], gradScale = new double[rows * n];
        for (int i = 0; i < rows; i++)
        {
            var q = new WrappedNormal<T>(n, places.AsSpan(i * cols + 1, n), Array.ConvertAll(scales[(i * n)..((i + 1) * n)], Math.Log), coordinates: HyperbolicCoordinates.Spatial, measure: HyperbolicMeasure.Riemannian);
            using var store = new ParameterStore<T>(run.Backend);
            q.Attach(store, "base");
            store.Build();
            using var tape = new Tape<T>(run.Backend, store);
            Var z = tape.Input(CaseRun<T>.Narrow(points[(i * cols)..((i + 1) * cols)]), 1, cols, needsGrad: true);
            Var value = q.LogProb(tape, q.Space.Log0(tape, new AmbientHyperboloid<T>(q.Space).Spatial(tape, z)));
            logProb[i] = CaseRun<T>.Widen(CaseRun<T>.Read(tape, value))[0];
            tape.Backward(value, [T.CreateTruncating(weights[i])]);
            CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, z)).CopyTo(gradZ, i * cols);
            CaseRun<T>.Widen(store.ReadGradient(store.Find("base.loc"))).CopyTo(gradLoc, i * cols + 1);
            double[] byLog = CaseRun<T>.Widen(store.ReadGradient(store.Find("base.log_scale")));
            for (int j = 0; j < n; j++) gradScale[i * n + j] = byLog[j] / scales[i * n + j];
        }

        run.CompareTo("log_prob (tangent coordinates)", run.Input("log_prob"), logProb);
        run.Compare("rgrad.z", HyperbolicCouplingChecks.Tangent(points, gradZ, cols, 1));
        run.CompareTo("grad.loc (its tangent part)", HyperbolicCouplingChecks.Tangent(places, run.Input("grad.loc"), cols, 1), HyperbolicCouplingChecks.Tangent(places, gradLoc, cols, 1));
        run.CompareTo("grad.scale (tangent coordinates)", run.Input("grad.scale"), gradScale);
    }

    private static void Sample<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("z");
        var space = new HyperbolicSpace<T>();
        var ambient = new AmbientHyperboloid<T>(space);
        using var tape = new Tape<T>(run.Backend);
        Var loc = run.Load(tape, "loc", rows, cols, needsGrad: true), scale = run.Load(tape, "scale", rows, cols - 1, needsGrad: true);
        Var w = space.Translate(tape, tape.Multiply(scale, run.Load(tape, "noise", rows, cols - 1)), ambient.Spatial(tape, loc));
        Var sample = ambient.Exp0(tape, w);
        run.CompareTo("sample (tangent coordinates)", run.Input("sample"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, sample)));
        tape.Backward(HyperbolicCouplingChecks.Weighted(run, tape, sample, "ct.sample"));
        double[] places = run.Input("loc"), gradient = CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, loc));
        run.CompareTo("sample.grad.loc (its tangent part)", HyperbolicCouplingChecks.Tangent(places, run.Input("sample.grad.loc"), cols, 1), HyperbolicCouplingChecks.Tangent(places, gradient, cols, 1));
        run.CompareTo("sample.grad.scale (tangent coordinates)", run.Input("sample.grad.scale"), CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, scale)));
    }
}
