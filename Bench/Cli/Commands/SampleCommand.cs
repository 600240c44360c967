using System.CommandLine;
namespace NativeFlow.Cli.Commands;
internal static class SampleCommand { public static Command Create() => new("sample"); }
