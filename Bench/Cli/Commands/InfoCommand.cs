using System.CommandLine;
namespace NativeFlow.Cli.Commands;
internal static class InfoCommand { public static Command Create() => new("info"); }
