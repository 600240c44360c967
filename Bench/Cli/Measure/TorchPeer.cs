using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>A Python process with PyTorch that does the same work when told to; it inherits the core of the thread that starts it.</summary>
internal sealed class TorchPeer : IDisposable
{
    private const string Script = "NativeFlow.Cli.snf_step.py", GpuScript = "NativeFlow.Cli.gpu_step.py";

    private readonly Process _process;

    private TorchPeer(string name, string about, Process process) => (Name, About, _process) = (name, about, process);

    public string Name { get; }

    public string About { get; }

    /// <summary>Starts one as installed and one with AVX-512 forced; notes tell what is missing.</summary>
    /// <param name="python">The interpreter, or null to try the usual ones.</param>
    public static (IReadOnlyList<TorchPeer> Peers, IReadOnlyList<string> Notes) Load(string? python)
    {
        foreach (string interpreter in python is null ? (string[])["python3", "/usr/bin/python3", "python"] : [python])
        {
            if (Start(PeerNames.Torch, interpreter, []) is not { } installed) continue;
            List<TorchPeer> peers = [installed];
            if (!System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated) return (peers, ["torch+: left out, no AVX-512 in use here"]);
            if (Start(PeerNames.TorchWide, interpreter, [("ATEN_CPU_CAPABILITY", "avx512"), ("OPENBLAS_CORETYPE", "SkylakeX"), ("BLIS_ARCH_TYPE", "0")]) is { } wide) peers.Add(wide);
            return (peers, peers.Count == 2 ? [] : ["torch+: did not start with AVX-512 forced"]);
        }

        if (python is not null) throw new BadInputException($"--python {BadInputException.Quote(python)}: cannot be started or has no module torch; leave the option out, or use --no-peers.");
        return ([], ["torch: no python3 with PyTorch found (--python FILE names one)"]);
    }

    /// <summary>Starts one on the GPU with TF32 off and one with it on; a note tells what is missing, in one line.</summary>
    /// <param name="python">The interpreter, or null to try the usual ones.</param>
    public static (IReadOnlyList<TorchPeer> Peers, IReadOnlyList<string> Notes) LoadGpu(string? python)
    {
        const string Refusal = "error: ";
        foreach (string interpreter in python is null ? (string[])["python3", "/usr/bin/python3", "python"] : [python])
        {
            if (Start(PeerNames.Torch, interpreter, [], GpuScript) is not { } exact) continue;
            if (exact.About.StartsWith(Refusal, StringComparison.Ordinal))
            {
                exact.Dispose();
                return ([], [$"torch: left out, {exact.About[Refusal.Length..]}"]);
            }

            return (Start(PeerNames.TorchTf32, interpreter, [], GpuScript, "--tf32") is { } rounded ? [exact, rounded] : [exact], []);
        }

        if (python is not null) throw new BadInputException($"--python {BadInputException.Quote(python)}: cannot be started; leave the option out, or use --no-peers.");
        return ([], ["torch: left out, no python3 found (--python FILE names one)"]);
    }

    /// <summary>Builds what later runs repeat.</summary>
    public void Prepare(string command) => Expect(command, "ready");

    /// <summary>CPU seconds of so many repetitions.</summary>
    public double Run(int times)
    {
        string answer = Ask(string.Create(CultureInfo.InvariantCulture, $"run {times}"));
        return double.Parse(answer.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>The last objective or mean log-determinant.</summary>
    public double Value() => double.Parse(Ask("value"), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static TorchPeer? Start(string name, string python, (string Name, string Value)[] environment, string script = Script, string? argument = null)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(script) ?? throw new InvalidOperationException($"{script} is missing from the program.");
        using var reader = new StreamReader(stream);
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(reader.ReadToEnd());
        if (environment.Length > 0) start.ArgumentList.Add("--wide");
        if (argument is not null) start.ArgumentList.Add(argument);
        foreach (string variable in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"]) start.Environment[variable] = "1";
        foreach ((string variable, string value) in environment) start.Environment[variable] = value;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No such program; the caller tries the next or says so.
            return null;
        }

        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string? about = process.StandardOutput.ReadLine();
        if (about is not null) return new TorchPeer(name, about + string.Concat(environment.Select(e => $", {e.Name}={e.Value}")), process);
        process.WaitForExit();
        process.Dispose();
        return null;
    }

    private void Expect(string command, string expected)
    {
        string answer = Ask(command);
        if (answer != expected) throw new InvalidOperationException($"PyTorch answered '{answer}' to '{command}'.");
    }

    private string Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"the PyTorch process ended at '{command}'.");
    }
}
