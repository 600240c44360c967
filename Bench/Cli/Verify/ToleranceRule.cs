using System.Globalization;
using System.Text.Json;

namespace NativeFlow.Cli;

/// <summary>What a tensor's value depends on beyond the arithmetic.</summary>
public enum Sensitivity
{
    /// <summary>Nothing: a small relative change of the inputs changes it little.</summary>
    Plain,

    /// <summary>A determinant or condition number: digits lost in the smallest pivot.</summary>
    Determinant,

    /// <summary>A solution or an inverse: digits lost in proportion to the condition number.</summary>
    Solution,

    /// <summary>Orthogonal or Cholesky factors, eigenvectors, roots: they may turn with the last digits of a matrix near a singular one, though their product does not.</summary>
    Factor,

    /// <summary>Factors of LU: which row is the pivot can hang on the last digit.</summary>
    Pivoting,
}

/// <summary>The errors allowed, relative to max(1, max |stored|).</summary>
/// <remarks>
/// In double: the file's own rtol. Only where the file states a rule by condition number (config <c>tolerance</c>, general matrices), a
/// determinant or condition number has rtol + 4.5 eps cond, and a solution or inverse the smaller of rtol cond (the stated rule) and
/// rtol + 16 eps cond, so that a bad condition does not excuse everything.
/// In single: 1e-5 in place of rtol. The cases that Tests/Fixtures/README.md names as too hard for that: wide_params has 1e-4;
/// near_singular, graded and hilbert keep 1e-5 for every tensor that does not depend on the condition number, and have
/// 1e-5 + 16 eps cond for those that do. Where that is above 0.1 there is no digit left to check: the tensor is counted as not judged,
/// and so are the LU factors of these cases, where two candidates for a pivot can be equal but for rounding.
/// Functions that are steep near the end of their domain (scalar functions, logit) are judged at the input as single precision holds it.
/// Products of factors (P L U, Q R, ...) are compared with their matrix in every precision, at the plain bound.
/// </remarks>
public static class ToleranceRule
{
    /// <summary>The bound of single precision where nothing is excepted.</summary>
    public const double PlainSingle = 1e-5;

    private const double DoubleEps = 2.220446049250313e-16, SingleEps = 1.1920928955078125e-7;

    /// <summary>The largest error that passes; infinity for "not judged".</summary>
    /// <param name="file">The case.</param>
    /// <param name="single">Whether it was computed in single precision.</param>
    /// <param name="sensitivity">What the tensor depends on.</param>
    /// <param name="condition">Condition number of the case's matrix; 1 where there is none.</param>
    public static double Allowed(FixtureFile file, bool single, Sensitivity sensitivity, double condition)
    {
        double eps = single ? SingleEps : DoubleEps, rtol = single ? Math.Max(PlainSingle, file.Rtol) : file.Rtol;
        if (single && file.Case.Contains("wide_params", StringComparison.Ordinal)) return 1e-4;
        if (single && sensitivity == Sensitivity.Pivoting && IsHard(file.Case)) return double.PositiveInfinity;
        if (single && sensitivity != Sensitivity.Plain && IsHard(file.Case)) return Judgeable(rtol + 16 * eps * condition);
        if (!file.Config.TryGetProperty("tolerance", out JsonElement rule) || !rule.ToString().Contains("cond", StringComparison.Ordinal)) return rtol;
        return sensitivity switch
        {
            Sensitivity.Determinant => rtol + 4.5 * eps * condition,
            Sensitivity.Solution => Math.Min(rtol * Math.Max(1, condition), rtol + 16 * eps * condition),
            _ => rtol,
        };
    }

    /// <summary>How much <see cref="Allowed"/> gives a tensor in single precision beyond the plain bound, and why.</summary>
    public static (double Beyond, string Reason) Beyond(FixtureFile file, Sensitivity sensitivity, double condition)
    {
        double beyond = Allowed(file, true, sensitivity, condition) - PlainSingle;
        string matrix = string.Create(CultureInfo.InvariantCulture, $"condition number {condition:0.0e+0}");
        if (!(beyond > 0)) return (0, "");
        if (sensitivity == Sensitivity.Pivoting) return (beyond, $"the pivot hangs on the last digit, {matrix}");
        if (condition > 1 && sensitivity != Sensitivity.Plain) return (beyond, double.IsInfinity(beyond) ? $"{matrix}: no digit left" : matrix);
        return (beyond, file.Rtol > PlainSingle ? "the file's own tolerance" : "wide parameters, excepted to 1e-4");
    }

    private static bool IsHard(string name)
        => name.Contains("near_singular", StringComparison.Ordinal) || name.Contains("graded", StringComparison.Ordinal) || name.Contains("hilbert", StringComparison.Ordinal);

    private static double Judgeable(double bound) => bound <= 0.1 ? bound : double.PositiveInfinity;
}
