using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NativeFlow.Cli;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Runs the command in this process or in a child.</summary>
internal static partial class CommandLine
{
    internal static (int Code, string Out, string Error) Run(params string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run(args, stdout, stderr);
        return (code, stdout.ToString(), stderr.ToString());
    }

    internal static string Succeed(params string[] args)
    {
        (int code, string stdout, string stderr) = Run(args);
        Assert.True(code == 0, $"{string.Join(' ', args)}: exit code {code}: {stderr}");
        return stdout;
    }

    /// <summary>Exit code 2 and exactly one line on standard error that holds every fragment.</summary>
    internal static void RefuseInput(string[] args, params string[] fragments)
    {
        (int code, _, string stderr) = Run(args);
        Assert.True(code == 2, $"{string.Join(' ', args)}: exit code {code}: {stderr}");
        string line = Assert.Single(stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("nativeflow: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        foreach (string fragment in fragments) Assert.Contains(fragment, line, StringComparison.Ordinal);
    }

    internal static Process Start(params string[] args)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, "nativeflow.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(dll);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    internal static void WaitFor(Func<bool> condition, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, "the child ended too early");
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "the child did nothing for two minutes");
            Thread.Sleep(5);
        }
    }

    internal static void Signal(Process process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>The history without its one time.</summary>
    internal static string[] History(string folder) => [.. File.ReadAllLines(Path.Combine(folder, "history.jsonl")).Select(l => Seconds().Replace(l, ""))];

    /// <summary>A CSV file of correlated Gaussian rows.</summary>
    internal static string PutRows(TempFolder folder, string name, int rows, int columns)
    {
        var values = new double[rows * columns];
        RandomFill.Gaussian<double>(11, 0, 0, values);
        for (int r = 0; r < rows; r++)
            for (int c = 1; c < columns; c++) values[r * columns + c] += 0.8 * values[r * columns + c - 1];
        CsvWriter.Write<double>(folder.At(name), [.. Enumerable.Range(0, columns).Select(c => $"c{c}")], values, columns);
        return folder.At(name);
    }

    [GeneratedRegex(",\"seconds\":[0-9.E+-]+")]
    private static partial Regex Seconds();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
