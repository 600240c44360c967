using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Group optim: optimisers through a parameter store, gradient clipping.</summary>
internal static class OptimChecks
{
    private static readonly string[] Optimizers =
    [
        "optimizer_adagrad", "optimizer_adam", "optimizer_adam_amsgrad", "optimizer_adam_betas_eps", "optimizer_adam_wd", "optimizer_adamax",
        "optimizer_adamw", "optimizer_rmsprop", "optimizer_rmsprop_centered_momentum", "optimizer_sgd", "optimizer_sgd_dampening",
        "optimizer_sgd_momentum", "optimizer_sgd_nesterov_wd",
    ];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (string name in Optimizers)
            table.Add(name, new FixtureCheck<T>(["a.0", "b.0", "grads.a", "grads.b"], Trajectory));
        table.Add("clip_grad_norm", new FixtureCheck<T>(["grad.a", "grad.b"], Clip));
    }

    private static void Trajectory<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] names = ["a", "b"];
        IOptimizer<T> optimizer = OptimizerFactory.Create<T>(run.File.Layer.Split('_')[1], Options(run.File.Config));
        using var store = new ParameterStore<T>(run.Backend);
        var vars = new Var[names.Length];
        for (int p = 0; p < vars.Length; p++)
        {
            (int rows, int cols) = run.Matrix(names[p] + ".0");
            vars[p] = store.AddParameter(names[p], rows, cols, run.Input(names[p] + ".0"));
        }
        optimizer.Attach(store);
        store.Build();
        double rate = run.File.Number("lr");
        int steps = (int)run.File.Number("steps");
        T[][] gradients = [.. names.Select((n, p) => run.Values("grads." + n, checked(steps * vars[p].Length)))];
        T[][] seen = [.. gradients.Select(g => new T[g.Length])];
        for (int s = 0; s < steps; s++)
        {
            for (int p = 0; p < vars.Length; p++)
                run.Backend.Write(gradients[p].AsSpan(s * vars[p].Length, vars[p].Length), store.GradientOf(vars[p]));
            optimizer.Step(store, rate);
            for (int p = 0; p < vars.Length; p++)
                run.Backend.Read(store.ValueOf(vars[p]), seen[p].AsSpan(s * vars[p].Length, vars[p].Length));
        }
        for (int p = 0; p < vars.Length; p++) run.Compare("trajectory." + names[p], seen[p]);
    }

    private static void Clip<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] names = ["a", "b"];
        GradientNorm norm = run.File.Text("norm") switch
        {
            "norm2" => GradientNorm.Two,
            "inf" => GradientNorm.Infinity,
            string other => throw new BadInputException($"{run.File.Path}: config 'norm' is {BadInputException.Quote(other)}, expected norm2 or inf."),
        };
        using var store = new ParameterStore<T>(run.Backend);
        Var[] vars = [.. names.Select(n => store.AddParameter(n, run.Matrix("grad." + n).Rows, run.Matrix("grad." + n).Cols))];
        store.Build();
        for (int p = 0; p < vars.Length; p++) run.Backend.Write(run.Values("grad." + names[p]), store.GradientOf(vars[p]));
        using var clip = new GradientClip<T>(store, run.File.Number("max_norm"), norm);
        run.Compare("total_norm", [clip.Apply()]);
        for (int p = 0; p < vars.Length; p++) run.Compare("clipped." + names[p], store.ReadGradient(vars[p]));
    }

    // The rate and the number of steps are the loop's, all else is the optimiser's.
    private static JsonElement Options(JsonElement config)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (JsonProperty p in config.EnumerateObject())
                if (p.Name is not ("lr" or "steps")) p.WriteTo(writer);
            writer.WriteEndObject();
        }
        using JsonDocument options = JsonDocument.Parse(stream.ToArray());
        return options.RootElement.Clone();
    }
}
