namespace NativeFlow.Layers;

/// <summary>What <see cref="JacobianAudit"/> found.</summary>
/// <param name="Points">Points used.</param>
/// <param name="Dimension">Features.</param>
/// <param name="Checks">One entry a check, in a fixed order.</param>
/// <param name="LargestSingularValue">Largest singular value of the Jacobian over the points.</param>
/// <param name="SmallestSingularValue">Smallest.</param>
/// <param name="Condition">Largest condition number of the Jacobian at one point.</param>
public sealed record BijectorAudit(int Points, int Dimension, IReadOnlyList<AuditCheck> Checks, double LargestSingularValue, double SmallestSingularValue, double Condition)
{
    /// <summary>Whether any check failed.</summary>
    public bool Failed => Checks.Any(c => c.Passed == false);

    /// <summary>The check of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public AuditCheck this[string name] => Checks.FirstOrDefault(c => c.Name == name) ?? throw new KeyNotFoundException($"BijectorAudit: there is no check named '{name}'; there are {string.Join(", ", Checks.Select(c => c.Name))}.");

    /// <summary>One line a check, for people.</summary>
    public override string ToString()
    {
        int width = Checks.Max(c => c.Name.Length);
        IEnumerable<string> lines = Checks.Select(c => $"{(c.Passed switch { true => "pass", false => "FAIL", null => "  - " })}  {c.Name.PadRight(width)}  {c.Text}");
        return string.Join('\n', lines);
    }
}
