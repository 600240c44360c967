using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>A store with the fixtures' two parameters, an optimiser on it, and gradients fed from outside.</summary>
internal sealed class OptimizerHarness<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly IBackend<T> _backend;

    public OptimizerHarness(IBackend<T> backend, IOptimizer<T> optimizer, (string Name, int Rows, int Cols, double[] Start, double Scale, bool Decay)[] parameters)
    {
        _backend = backend;
        Optimizer = optimizer;
        Store = new ParameterStore<T>(backend);
        Vars = [.. parameters.Select(p => Store.AddParameter(p.Name, p.Rows, p.Cols, p.Start, p.Scale, p.Decay))];
        optimizer.Attach(Store);
        Store.Build();
    }

    public IOptimizer<T> Optimizer { get; }

    public ParameterStore<T> Store { get; }

    public Var[] Vars { get; }

    public ref long StepCount => ref Store[Store.Counters.ToList().IndexOf("optimizer.step")];

    public static IBackend<T> Backend(string kind) => kind switch
    {
        "reference" => new ReferenceBackend<T>(),
        "simd" => new SimdBackend<T>(1),
        _ => throw new ArgumentException(kind),
    };

    public static OptimizerHarness<T> Of(Fixture fixture, IBackend<T> backend, IOptimizer<T> optimizer)
        => new(backend, optimizer, [("a", 3, 2, fixture["a.0"], 1, true), ("b", 1, 4, fixture["b.0"], 1, true)]);

    /// <summary>The optimiser that the fixture's config describes.</summary>
    public static IOptimizer<T> Create(Fixture fixture)
    {
        string name = fixture.Metadata["layer"].Split('_')[1];
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (JsonProperty p in fixture.Config.EnumerateObject().Where(p => p.Name is not ("lr" or "steps"))) p.WriteTo(writer);
            writer.WriteEndObject();
        }
        return OptimizerFactory.Create<T>(name, JsonDocument.Parse(stream.ToArray()).RootElement);
    }

    /// <summary>Runs all steps of a fixture and checks the parameters after each step at once.</summary>
    public void AssertTrajectory(Fixture fixture, double? rtol = null)
    {
        double rate = fixture.Config.GetProperty("lr").GetDouble();
        int steps = fixture.Config.GetProperty("steps").GetInt32();
        string[] names = ["a", "b"];
        List<double>[] seen = [[], []];
        for (int s = 0; s < steps; s++)
        {
            for (int p = 0; p < 2; p++) SetGradient(p, fixture["grads." + names[p]].AsSpan(s * Vars[p].Length, Vars[p].Length));
            Optimizer.Step(Store, rate);
            for (int p = 0; p < 2; p++) seen[p].AddRange(Value(p));
        }
        for (int p = 0; p < 2; p++) fixture.AssertClose("trajectory." + names[p], seen[p].ToArray(), rtol);
    }

    public void SetGradient(int parameter, ReadOnlySpan<double> gradient)
    {
        var converted = new T[gradient.Length];
        for (int i = 0; i < converted.Length; i++) converted[i] = T.CreateTruncating(gradient[i]);
        _backend.Write(converted, Store.GradientOf(Vars[parameter]));
    }

    public double[] Value(int parameter) => [.. Store.Read(Vars[parameter]).Select(double.CreateTruncating)];

    public T[] Plane(Slice slice)
    {
        var values = new T[slice.Length];
        _backend.Read(slice, values);
        return values;
    }

    /// <summary>Every number the optimiser can have touched: values, then slots.</summary>
    public T[] State()
    {
        IEnumerable<T> all = Plane(Store.Values);
        for (int s = 0; s < Store.SlotCount; s++) all = all.Concat(Plane(Store.Slot(s)));
        return [.. all];
    }

    public void Dispose()
    {
        Store.Dispose();
        _backend.Dispose();
    }
}
