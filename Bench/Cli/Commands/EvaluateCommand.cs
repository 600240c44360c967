using System.CommandLine;
namespace NativeFlow.Cli.Commands;
internal static class EvaluateCommand { public static Command Create() => new("evaluate"); }
