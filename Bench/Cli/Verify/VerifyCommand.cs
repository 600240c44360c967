using System.CommandLine;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary><c>nativeflow verify PATH...</c>: runs golden fixtures. Exit codes: 0 all known cases pass, 1 one fails, 2 bad input.</summary>
public static class VerifyCommand
{
    /// <summary>The command, ready to be added to a root command.</summary>
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Folders (searched with all below), .safetensors files, or patterns such as 'Tests/Fixtures/linalg/*.safetensors'.",
            Arity = ArgumentArity.OneOrMore,
        };
        var dtype = new Option<string>("--dtype") { Description = "Precision: double at each file's own tolerance, float at 1e-5 (ill-conditioned cases by their condition number).", DefaultValueFactory = static _ => "double" };
        dtype.AcceptOnlyFromAmong("float", "double");
        var backend = new Option<string>("--backend") { Description = "Where to run: the vectorised kernels, the naive reference, or both.", DefaultValueFactory = static _ => "simd" };
        backend.AcceptOnlyFromAmong("reference", "simd", "both");
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command("verify", "Run golden numerical cases of published implementations and compare every stored tensor.") { paths, dtype, backend, json };
        command.SetAction(result =>
        {
            return Run(result.GetRequiredValue(paths), result.GetRequiredValue(dtype), result.GetRequiredValue(backend), result.GetValue(json), result.InvocationConfiguration.Output);
        });
        return command;
    }

    private static int Run(string[] paths, string dtype, string backend, bool json, TextWriter output)
    {
        IReadOnlyList<string> files = PathExpansion.Expand(paths);
        string[] backends = backend == "both" ? ["reference", "simd"] : [backend];
        VerifyReport report = dtype == "float" ? Verifier.Run<float>(files, backends) : Verifier.Run<double>(files, backends);
        if (json) VerifyWriter.Json(report, output);
        else VerifyWriter.Text(report, output);
        return report.Failed > 0 ? 1 : 0;
    }
}
