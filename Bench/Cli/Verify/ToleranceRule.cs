namespace NativeFlow.Cli;

/// <summary>What a tensor's value depends on beyond the arithmetic.</summary>
public enum Sensitivity
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>A determinant or condition number: digits lost in the smallest pivot.</summary>
    Determinant,

    /// <summary>A solution or an inverse: digits lost in proportion to the condition number.</summary>
    Solution,
}

/// <summary>The errors allowed, relative to max(1, max |stored|).</summary>
/// <remarks>
/// In double: the file's own rtol; for a determinant or condition number rtol + 4.5 eps cond; for a solution or inverse the smaller of
/// rtol cond (the rule that the linalg files state) and rtol + 64 eps cond, so that a bad condition does not excuse everything.
/// In single: 1e-5 takes the place of rtol, and single eps that of eps. The cases that Tests/Fixtures/README.md names as too hard for
/// 1e-5 are treated by condition: near_singular, graded and hilbert have 1e-5 + 64 eps cond for every tensor, where cond is that of the
/// case's matrix; wide_params has 1e-3. Where the condition is so bad that the bound would be above 0.1, single precision has no digit
/// to check: the tensor is compared and counted as not judged.
/// </remarks>
public static class ToleranceRule
{
    private const double DoubleEps = 2.220446049250313e-16, SingleEps = 1.1920928955078125e-7;

    /// <summary>The largest error that passes; infinity for "not judged".</summary>
    /// <param name="file">The case.</param>
    /// <param name="single">Whether it was computed in single precision.</param>
    /// <param name="sensitivity">What the tensor depends on.</param>
    /// <param name="condition">Condition number of the case's matrix; 1 where there is none.</param>
    public static double Allowed(FixtureFile file, bool single, Sensitivity sensitivity, double condition)
    {
        double eps = single ? SingleEps : DoubleEps, rtol = single ? Math.Max(1e-5, file.Rtol) : file.Rtol;
        if (single && IsHard(file.Case)) return Judgeable(rtol + 64 * eps * condition);
        if (single && file.Case.Contains("wide_params", StringComparison.Ordinal)) return 1e-3;
        return sensitivity switch
        {
            Sensitivity.Determinant => rtol + 4.5 * eps * condition,
            Sensitivity.Solution => Math.Min(rtol * Math.Max(1, condition), rtol + 64 * eps * condition),
            _ => rtol,
        };
    }

    private static bool IsHard(string name)
        => name.Contains("near_singular", StringComparison.Ordinal) || name.Contains("graded", StringComparison.Ordinal) || name.Contains("hilbert", StringComparison.Ordinal);

    private static double Judgeable(double bound) => bound <= 0.1 ? bound : double.PositiveInfinity;
}
