namespace NativeFlow.Cli.Compare;

/// <summary>A cell of a report's table.</summary>
/// <param name="Text">Not yet escaped.</param>
internal readonly record struct ReportCell(string Text, bool IsBest = false, bool IsBad = false)
{
    /// <summary>What stands for a number that was not measured.</summary>
    public const string None = "–";

    public static implicit operator ReportCell(string text) => new(text);
}
