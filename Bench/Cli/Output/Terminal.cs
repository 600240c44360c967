using Spectre.Console;

namespace NativeFlow.Cli;

/// <summary>Whether a person watches, and with which abilities.</summary>
internal static class Terminal
{
    /// <summary>Whether <paramref name="writer"/> is this process's standard output or error and that is a terminal with cursor control.</summary>
    public static bool IsOne(TextWriter writer)
    {
        bool terminal = (ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected) || (ReferenceEquals(writer, System.Console.Error) && !System.Console.IsErrorRedirected);
        return terminal && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
    }

    /// <summary>A console on a terminal; without colours where NO_COLOR is set (https://no-color.org).</summary>
    public static IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        ColorSystem = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
        Out = new AnsiConsoleOutput(writer),
    });
}
