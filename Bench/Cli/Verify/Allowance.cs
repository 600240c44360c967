using System.Globalization;

namespace NativeFlow.Cli;

/// <summary>What a check allows a tensor on top of its tolerance, as numbers of the tensor's own scale, and why.</summary>
/// <param name="Source">How far the stored numbers themselves may be off: the source inverts by a bisection, or by a formula with a small error.</param>
/// <param name="LastDigit">How far the last digit, in the run's precision, of what the tensor is computed from moves it; measured in double.</param>
internal readonly record struct Allowance(double Source = 0, double LastDigit = 0)
{
    /// <summary>Both together.</summary>
    public double Total => Source + LastDigit;

    /// <summary>Why an error above the plain bound of single precision is allowed, in a few words: what makes up a hundredth of it or more, largest first.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rule">What the tolerance rule allows beyond the plain bound, and its reason.</param>
    /// <param name="scale">Size of the tensor, by which the error is divided.</param>
    /// <param name="argument">How far the rounding of a function's argument moves the tensor, divided by its size.</param>
    public string Explain(string tensor, (double Beyond, string Reason) rule, double scale, double argument)
    {
        string digit = tensor == "x_rec" || tensor.StartsWith("inverse", StringComparison.Ordinal) ? "z" : "x";
        (double By, string Why)[] parts =
        [
            (rule.Beyond, rule.Reason),
            (Source / scale, $"the source's own inverse is off by {Short(Source / scale)}"),
            (LastDigit / scale, $"the last digit of {digit} moves it by {Short(LastDigit / scale)}"),
            (argument, $"the argument, rounded to single, moves it by {Short(argument)}"),
        ];
        double most = parts.Max(static p => p.By);
        return most > 0 ? string.Join("; ", parts.Where(p => p.By >= 0.01 * most).OrderByDescending(static p => p.By).Select(static p => p.Why)) : "";
    }

    private static string Short(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
