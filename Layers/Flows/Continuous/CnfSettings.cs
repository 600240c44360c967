using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>How a continuous flow is trained.</summary>
/// <param name="Horizon">End T of the time interval [0, T].</param>
/// <param name="Solver">Solver.</param>
/// <param name="Probe">Distribution of the one probe that estimates the trace, not orthonormal; null for the exact trace.</param>
/// <param name="Adjoint">Gradients by the adjoint method, in memory that does not grow with the steps; otherwise through the recorded steps.</param>
/// <param name="Kinetic">Weight of the penalty mean integral |f|^2.</param>
/// <param name="Frobenius">Weight of the penalty mean integral |df/dx|^2 (through the probe where there is one).</param>
public readonly record struct CnfSettings(double Horizon, OdeSolver Solver, ProbeKind? Probe = null, bool Adjoint = false, double Kinetic = 0, double Frobenius = 0)
{
    /// <summary>Whether there is a penalty.</summary>
    public bool HasPenalties => Kinetic > 0 || Frobenius > 0;

    /// <summary>Throws unless the numbers are in range.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public void Check()
    {
        Solver.Check();
        if (!(Horizon > 0) || !double.IsFinite(Horizon)) throw new ArgumentException($"horizon is {Horizon}; it must be finite and above 0.");
        if (Probe is { } kind && ProbeNames.Single.IndexOf(ProbeNames.Of(kind)) < 0) throw new ArgumentException($"probe is {kind}; a flow has one probe: take sphere, rademacher or gaussian.");
        if (!(Kinetic >= 0 && Frobenius >= 0) || !double.IsFinite(Kinetic + Frobenius)) throw new ArgumentException($"kinetic is {Kinetic}, frobenius is {Frobenius}; they must be finite and not negative.");
    }

    internal static CnfSettings From(ConfigReader reader)
    {
        double horizon = reader.Number("horizon", 1), kinetic = reader.Number("kinetic", 0), frobenius = reader.Number("frobenius", 0);
        JsonElement? solver = reader.OptionalObject("solver");
        bool exact = reader.Choice("trace", "exact", "exact", "hutchinson") == "exact";
        ProbeKind kind = ProbeNames.Read(reader, ProbeNames.Single);
        bool adjoint = reader.Choice("gradient", "steps", "steps", "adjoint") == "adjoint";
        return new CnfSettings(horizon, solver is { } s ? OdeSolver.From(s) : new OdeSolver(OdeMethod.Rk4), exact ? null : kind, adjoint, kinetic, frobenius);
    }

    internal void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("horizon", Horizon);
        json.WriteStartObject("solver");
        Solver.WriteConfig(json);
        json.WriteEndObject();
        json.WriteString("trace", Probe is null ? "exact" : "hutchinson");
        if (Probe is { } kind) json.WriteString("probe", ProbeNames.Of(kind));
        json.WriteString("gradient", Adjoint ? "adjoint" : "steps");
        json.WriteNumber("kinetic", Kinetic);
        json.WriteNumber("frobenius", Frobenius);
    }
}
