using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group hyperbolic, the maps: through the ambient view, whose gradients are those of the stored formulas, and through the spatial coordinates that layers use.</summary>
internal static class HyperbolicGeometryChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("lorentz_exp_map", new FixtureCheck<T>(["v", "at", "ct.y"], static run => Map(run, ["at", "v"],
            static (tape, view, x) => view.Exp(tape, x[0], x[1]), static (tape, space, x) => space.Exp(tape, x[0], x[1]))));
        table.Add("lorentz_log_map", new FixtureCheck<T>(["z", "at", "ct.y"], static run => Map(run, ["at", "z"],
            static (tape, view, x) => view.Log(tape, x[0], x[1]), static (tape, space, x) => space.Log(tape, x[0], x[1]))));
        table.Add("lorentz_transport", new FixtureCheck<T>(["v", "src", "dst", "ct.y"], static run => Map(run, ["v", "src", "dst"],
            static (tape, view, x) => view.Transport(tape, x[0], x[1], x[2]), static (tape, space, x) => space.Transport(tape, x[0], x[1], x[2]))));
        table.Add("lorentz_distance", new FixtureCheck<T>(["a", "b", "ct.y"], static run => Map(run, ["a", "b"],
            static (tape, view, x) => view.Distance(tape, x[0], x[1]), static (tape, space, x) => space.Distance(tape, x[0], x[1]))));
        table.Add("lorentz_exp_map_origin", new FixtureCheck<T>(["v", "ct.y"], static run => Map(run, ["v"],
            static (tape, view, x) => view.Exp0(tape, x[0]), static (tape, space, x) => space.Exp0(tape, x[0]), spatialInputs: true)));
        table.Add("lorentz_log_map_origin", new FixtureCheck<T>(["z", "ct.y"], static run => Map(run, ["z"],
            static (tape, view, x) => view.Log0(tape, x[0]), static (tape, space, x) => space.Log0(tape, x[0]))));
        table.Add("lorentz_transport_from_origin", new FixtureCheck<T>(["v", "dst", "ct.y"], static run => Map(run, ["v", "dst"],
            static (tape, view, x) => view.TransportFromOrigin(tape, x[0], x[1]), static (tape, space, x) => space.FromOrigin(tape, x[0], x[1]))));
        table.Add("lorentz_transport_to_origin", new FixtureCheck<T>(["v", "src", "ct.y"], static run => Map(run, ["v", "src"],
            static (tape, view, x) => view.TransportToOrigin(tape, x[0], x[1]), static (tape, space, x) => space.ToOrigin(tape, x[0], x[1]))));
        table.Add("lorentz_exp_map_logdet", new FixtureCheck<T>(["v", "ct.y"], static run => Map(run, ["v"],
            static (tape, view, x) => view.ExpLogDet(tape, x[0]), static (tape, space, x) => tape.Scale(space.LogSinhRatio(tape, x[0]), x[0].Cols - 1), spatialInputs: true)));
    }

    // Value and gradients in ambient coordinates, gradients on the manifold where they are stored, then the value from spatial parts alone.
    private static void Map<T>(CaseRun<T> run, string[] names, Func<Tape<T>, AmbientHyperboloid<T>, Var[], Var> ambient, Func<Tape<T>, HyperbolicSpace<T>, Var[], Var> spatial, bool spatialInputs = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double radius = run.File.Number("radius");
        var space = new HyperbolicSpace<T>(radius);
        var view = new AmbientHyperboloid<T>(space);
        using var tape = new Tape<T>(run.Backend);
        (int Rows, int Cols)[] shapes = [.. names.Select(run.Matrix)];
        Var[] inputs = [.. names.Select((n, i) => run.Load(tape, n, shapes[i].Rows, shapes[i].Cols, needsGrad: true))];
        Var y = ambient(tape, view, inputs);
        run.Compare("y", tape, y);
        tape.Backward(tape.Sum(tape.Multiply(y, run.Load(tape, "ct.y", y.Rows, y.Cols))));
        for (int i = 0; i < names.Length; i++)
        {
            run.CompareGrad("grad." + names[i], tape, inputs[i]);
            if (run.Has("rgrad." + names[i])) run.Compare("rgrad." + names[i], OnManifold(run.Input(names[i]), CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, inputs[i])), shapes[i].Cols, radius));
        }
        Var other = spatial(tape, space, spatialInputs ? inputs : [.. inputs.Select(v => view.Spatial(tape, v))]);
        double[] expected = run.Input("y");
        if (y.Cols == other.Cols + 1) expected = [.. expected.Where((_, i) => i % y.Cols > 0)];
        run.CompareTo("y from spatial parts", expected, CaseRun<T>.Widen(CaseRun<T>.Read(tape, other)));
    }

    // Raise the index, then project: the gradient as a tangent vector.
    private static double[] OnManifold(double[] points, double[] gradient, int cols, double radius)
    {
        var result = new double[points.Length];
        for (int at = 0; at < points.Length; at += cols)
        {
            double along = 0;
            for (int i = 0; i < cols; i++) along += points[at + i] * gradient[at + i];
            for (int i = 0; i < cols; i++) result[at + i] = (i == 0 ? -gradient[at] : gradient[at + i]) + (along / (radius * radius) * points[at + i]);
        }
        return result;
    }
}
