using System.CommandLine;
using NativeFlow.Cli;

var root = new RootCommand("NativeFlow: normalizing flows in pure C#.");
root.Subcommands.Add(VerifyCommand.Create());
ParseResult result = root.Parse(args);
if (result.Errors.Count == 0) return result.Invoke();
Console.Error.WriteLine(string.Join(' ', result.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
return 2;
