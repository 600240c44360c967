using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>Volume and stretching of one layer, or of the whole flow, on the probe rows. A number that was not measured is NaN.</summary>
public sealed record MapReport
{
    /// <summary>Such as <c>layers.1.linear</c>; <c>flow</c> for the whole.</summary>
    public required string Name { get; init; }

    /// <summary>Mean over the probe rows of log|det J|, nats.</summary>
    public double LogDetMean { get; init; } = double.NaN;

    /// <summary>Standard deviation over the probe rows (n), nats; 0 where it is the same for every row.</summary>
    public double LogDetDeviation { get; init; } = double.NaN;

    /// <summary>Mean log-determinant a feature: above 0 the map expands, below 0 it contracts.</summary>
    public double Balance { get; init; } = double.NaN;

    /// <summary>Largest singular value of J over the rows looked at. By power iteration an estimate from below.</summary>
    public double Largest { get; init; } = double.NaN;

    /// <summary>Largest singular value of J^-1 over the rows looked at: one over the smallest of J. By power iteration an estimate from below.</summary>
    public double LargestOfInverse { get; init; } = double.NaN;

    /// <summary>Largest condition number of J in the 2-norm over the rows looked at; infinite for a singular J.</summary>
    public double Condition { get; init; } = double.NaN;

    /// <summary>Share of the singular values above 1, over the rows looked at; NaN by power iteration.</summary>
    public double ExpandingShare { get; init; } = double.NaN;

    /// <summary>Whether the singular values are those of the whole Jacobian, to rounding; otherwise estimates by power iteration.</summary>
    public bool IsDense { get; init; }

    /// <summary>Outputs and log-determinants on the probe rows that are not finite.</summary>
    public long NonFinite { get; init; }

    /// <summary>What kept the map from being recorded, such as a matrix that is exactly singular; null otherwise.</summary>
    public string? Failure { get; init; }

    /// <summary>Smallest singular value of J: one over <see cref="LargestOfInverse"/>.</summary>
    public double Smallest => 1 / LargestOfInverse;

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("name", Name);
        Number(json, "log_det", LogDetMean);
        Number(json, "log_det_sd", LogDetDeviation);
        Number(json, "balance", Balance);
        Number(json, "largest", Largest);
        Number(json, "smallest", Smallest);
        Number(json, "condition", Condition);
        Number(json, "expanding_share", ExpandingShare);
        json.WriteBoolean("dense", IsDense);
        json.WriteNumber("non_finite", NonFinite);
        if (Failure is not null) json.WriteString("failure", Failure);
    }

    // JSON has no infinity; a text keeps it apart from what was not measured.
    internal static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else if (double.IsNaN(value)) json.WriteNull(name);
        else json.WriteString(name, value > 0 ? "infinity" : "-infinity");
    }
}
