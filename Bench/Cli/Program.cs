using System.CommandLine;
using NativeFlow.Cli;

var root = new RootCommand("NativeFlow: normalizing flows in pure C#.");
root.Subcommands.Add(VerifyCommand.Create());
return root.Parse(args).Invoke();
