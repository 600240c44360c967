using System.CommandLine;
using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Options are taken as text and read here, so that every complaint names the option, what was given and what is expected.</summary>
internal static class Arguments
{
    public static Option<string?> Text(string name, string help, string hint) => new(name) { Description = help, HelpName = hint };

    public static Option<bool> Switch(string name, string help) => new(name) { Description = help };

    public static int Whole(string option, string text, int least)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least) return value;
        throw new BadInputException($"{option} {BadInputException.Quote(text)}: expected a whole number from {least} up to {int.MaxValue}.");
    }

    public static ulong Seed(string option, string text)
    {
        // Recipes keep the seed as a JSON number; beyond 2^53 not every reader returns the same one.
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value <= 1UL << 53) return value;
        throw new BadInputException($"{option} {BadInputException.Quote(text)}: expected a whole number from 0 to {1UL << 53}.");
    }

    public static double Number(string option, string text, bool zero)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && (value > 0 || (zero && value == 0))) return value;
        throw new BadInputException($"{option} {BadInputException.Quote(text)}: expected a number {(zero ? "of 0 or more" : "above 0")}, such as 0.01.");
    }

    public static string OneOf(string option, string text, params IReadOnlyList<string> names)
    {
        if (names.Contains(text)) return text;
        throw new BadInputException($"{option} {BadInputException.Quote(text)}: expected one of: {string.Join(", ", names)}.");
    }
}
