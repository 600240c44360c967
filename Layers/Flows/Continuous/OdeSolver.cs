using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>A method with what it needs to know: a number of steps, or tolerances.</summary>
/// <param name="Method">Method.</param>
/// <param name="Steps">Equal steps; of the methods without error estimate.</param>
/// <param name="RelativeTolerance">Accepted error of a step relative to the state; of <see cref="OdeMethod.Dopri5"/>.</param>
/// <param name="AbsoluteTolerance">Accepted error of a step besides; of <see cref="OdeMethod.Dopri5"/>.</param>
public readonly record struct OdeSolver(OdeMethod Method, int Steps = 8, double RelativeTolerance = 1e-5, double AbsoluteTolerance = 1e-5)
{
    private static readonly string[] s_names = ["euler", "midpoint", "rk4", "dopri5"];

    /// <summary>Whether steps are chosen by the error.</summary>
    public bool IsAdaptive => Method == OdeMethod.Dopri5;

    /// <summary>Throws unless the numbers are in range.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public void Check()
    {
        if (!IsAdaptive && Steps is < 1 or > 100_000) throw new ArgumentException($"steps is {Steps}; it must lie between 1 and 100000.");
        if (!(RelativeTolerance is >= 0 and < 1) || !(AbsoluteTolerance > 0 && double.IsFinite(AbsoluteTolerance)))
            throw new ArgumentException($"rtol is {RelativeTolerance}, atol is {AbsoluteTolerance}; rtol must lie in [0, 1), atol must be above 0.");
    }

    internal static OdeSolver From(JsonElement config)
    {
        var reader = new ConfigReader("solver", config);
        var method = (OdeMethod)Array.IndexOf(s_names, reader.Choice("name", "rk4", s_names));
        OdeSolver solver = method == OdeMethod.Dopri5
            ? new OdeSolver(method, RelativeTolerance: reader.Number("rtol", 1e-5), AbsoluteTolerance: reader.Number("atol", 1e-5))
            : new OdeSolver(method, reader.Integer("steps", 1, 8));
        return reader.Make(() =>
        {
            solver.Check();
            return solver;
        });
    }

    internal void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteString("name", s_names[(int)Method]);
        if (IsAdaptive)
        {
            json.WriteNumber("rtol", RelativeTolerance);
            json.WriteNumber("atol", AbsoluteTolerance);
        }
        else
        {
            json.WriteNumber("steps", Steps);
        }
    }
}
