using System.CommandLine;
using System.CommandLine.Help;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>The command <c>nativeflow</c>.</summary>
public static class Program
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A check failed, training diverged, or the program is at fault.</summary>
    public const int Failed = 1;

    /// <summary>The user's files or options cannot be used.</summary>
    public const int BadInput = 2;

    private static int Main(string[] args) => Run(args, Console.Out, Console.Error);

    /// <summary>Runs one command line and returns the exit code; every failure is one line on <paramref name="stderr"/>.</summary>
    public static int Run(string[] args, TextWriter stdout, TextWriter stderr)
    {
        RootCommand root = new("Normalizing flows in pure C#: trains, evaluates, scores and samples. Exit codes: 0 done, 1 a check failed or training diverged, 2 bad input.")
        {
            Commands.TrainCommand.Create(),
            Commands.EvaluateCommand.Create(),
            Commands.ScoreCommand.Create(),
            Commands.SampleCommand.Create(),
            Commands.InfoCommand.Create(),
            Commands.DevicesCommand.Create(),
            Commands.LayersCommand.Create(),
            Commands.AuditCommand.Create(),
            Commands.BaselineCommand.Create(),
            Commands.CompareCommand.Create(),
            Latent.TableCommand.Create(),
            Commands.EmbedCommand.Create(),
            Commands.PlotCommand.Create(),
            Commands.TheoryCommand.Create(),
            Stability.StabilityCommand.Create(),
            VerifyCommand.Create(),
            BenchCommand.Create(),
        };
        root.Directives.Clear();
        try
        {
            ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
            {
                throw new BadInputException(Explain(parsed));
            }

            return parsed.Invoke(new InvocationConfiguration { Output = stdout, Error = stderr, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            (string message, int code) = Outcome(e);
            return Fail(stderr, message, code);
        }
    }

    /// <summary>What a failure says, and its exit code.</summary>
    internal static (string Message, int Code) Outcome(Exception failure) => failure switch
    {
        BadInputException or NotSupportedException or OutsideDomainException or DeviceMemoryException => (failure.Message, BadInput),
        NonFiniteException or SingularMatrixException or NotContractionException or NotConvergedException => (failure.Message, Failed),
        OutOfMemoryException => ("out of memory; use a smaller model, batch or data set, or --dtype float.", Failed),
        _ => ($"internal error, please report it: {failure.GetType().Name}: {failure.Message}", Failed),
    };

    private static int Fail(TextWriter stderr, string message, int code)
    {
        // The constructor is what makes any text one line.
        stderr.WriteLine($"nativeflow: {new BadInputException(message).Message}");
        stderr.Flush();
        return code;
    }

    private static string Explain(ParseResult parsed)
    {
        bool isRoot = parsed.CommandResult.Command is RootCommand;
        string path = isRoot ? "nativeflow" : $"nativeflow {parsed.CommandResult.Command.Name}";
        string place = isRoot ? "" : $"{parsed.CommandResult.Command.Name}: ";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            IEnumerable<string> known = token.StartsWith('-')
                ? parsed.CommandResult.Command.Options.Where(o => !o.Hidden).Select(o => o.Name)
                : parsed.CommandResult.Command.Subcommands.Select(c => c.Name);
            string list = string.Join(", ", known);
            string kind = token.StartsWith('-') ? "option" : parsed.CommandResult.Command.Subcommands.Count > 0 ? "command" : "argument";
            return kind == "argument"
                ? $"{place}{BadInputException.Quote(token)} is one argument too many; see '{path} --help'."
                : $"{place}unknown {kind} {BadInputException.Quote(token)}; expected one of: {list}; see '{path} --help'.";
        }

        return $"{place}{parsed.Errors[0].Message.TrimEnd('.')}; see '{path} --help'.";
    }
}
