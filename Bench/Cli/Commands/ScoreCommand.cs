using System.CommandLine;
namespace NativeFlow.Cli.Commands;
internal static class ScoreCommand { public static Command Create() => new("score"); }
