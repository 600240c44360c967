namespace NativeFlow.Cli;

/// <summary>How one computed tensor compares with the stored one.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="Error">max |a - b| / max(1, max |b|).</param>
/// <param name="Allowed">Largest error that passes; infinite where single precision cannot be judged, see <see cref="ToleranceRule"/>.</param>
public readonly record struct TensorResult(string Tensor, double Error, double Allowed)
{
    /// <summary>Error against the stored numbers as they are, also where <paramref name="Error"/> is against numbers moved by the rounding of a function's argument.</summary>
    public double Plain { get; init; } = Error;

    /// <summary>What is allowed of <see cref="Plain"/>: <paramref name="Allowed"/> and how far the numbers were moved.</summary>
    public double PlainAllowed { get; init; } = Allowed;

    /// <summary>Why an error above the plain bound of single precision is allowed; empty where it is not above, or not allowed.</summary>
    public string Cause { get; init; } = "";

    /// <summary>Whether single precision misses its plain bound here, allowed or not.</summary>
    public bool AbovePlain => !(Plain <= ToleranceRule.PlainSingle);

    /// <summary>Whether it passes. An error that is NaN does not, where it is judged.</summary>
    public bool Ok => !Judged || Error <= Allowed;

    /// <summary>Whether a bound was applied at all.</summary>
    public bool Judged => !double.IsPositiveInfinity(Allowed);

    /// <summary>Share of the allowed error that was used; the worst tensor is the one with the largest.</summary>
    public double Share => !Judged ? 0 : double.IsNaN(Error) ? double.PositiveInfinity : Error / Allowed;
}
