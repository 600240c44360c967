using System.Diagnostics;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A run that was killed and resumed ends with the same bits as one that was not.</summary>
public sealed class ResumeTests
{
    public static TheoryData<string> Strategies => [.. JacobianRegistry.NamesFor(SiteKinds.DenseMatrix)];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void KilledAtARandomMomentAndResumedEndsBitIdentical(string strategy)
    {
        using TempFolder temp = new();
        string[] options = Options(temp, strategy, epochs: 150);
        string whole = temp.At("whole"), killed = temp.At("killed");
        CommandLine.Succeed([.. options, "--out", whole]);

        var random = new Random(strategy.Length);
        for (int kill = 0; kill < 2; kill++)
        {
            string[] args = kill == 0 ? [.. options, "--out", killed] : ["train", "--resume", "--out", killed, "--threads", "2", "--checkpoint-seconds", "0.01"];
            string checkpoint = Path.Combine(killed, "checkpoint.safetensors");
            DateTime before = File.Exists(checkpoint) ? File.GetLastWriteTimeUtc(checkpoint) : default;
            using Process child = CommandLine.Start(args);
            CommandLine.WaitFor(() => File.Exists(checkpoint) && File.GetLastWriteTimeUtc(checkpoint) != before, child);
            Thread.Sleep(random.Next(0, 60));
            child.Kill();
            child.WaitForExit();
            if (!OperatingSystem.IsWindows()) Assert.Equal(128 + 9, child.ExitCode);
        }

        File.AppendAllText(Path.Combine(killed, "history.jsonl"), "{\"epoch\":");
        CommandLine.Succeed("train", "--resume", "--out", killed);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(killed, "model.safetensors")));
        Assert.Equal(CommandLine.History(whole), CommandLine.History(killed));
        Assert.Equal(150, CommandLine.History(killed).Length);
        Assert.Empty(Directory.GetFiles(killed, "*.tmp-*"));
    }

    [InterruptFact]
    public void CtrlCStopsAfterTheStepAndResumeEndsBitIdentical() => StopAndResume(2);

    [Fact]
    public void TerminationStopsAfterTheStepAndResumeEndsBitIdentical() => StopAndResume(15);

    [Fact]
    public void ThreadsDoNotChangeTheBits()
    {
        using TempFolder temp = new();
        foreach (string threads in (string[])["1", "2", "3"])
            CommandLine.Succeed("train", "--epochs", "2", "--threads", threads, "--out", temp.At(threads));
        byte[] one = File.ReadAllBytes(temp.At("1/model.safetensors"));
        Assert.Equal(one, File.ReadAllBytes(temp.At("2/model.safetensors")));
        Assert.Equal(one, File.ReadAllBytes(temp.At("3/model.safetensors")));
    }

    [Fact]
    public void ResumeRefusesOtherOptionsDataAndFolders()
    {
        using TempFolder temp = new();
        string data = CommandLine.PutRows(temp, "rows.csv", 120, 3), run = temp.At("run");
        CommandLine.Succeed("train", "--data", data, "--epochs", "2", "--batch", "20", "--lr", "0.01", "--out", run);
        byte[] before = File.ReadAllBytes(Path.Combine(run, "checkpoint.safetensors"));
        CommandLine.RefuseInput(["train", "--resume", "--out", run, "--lr", "0.5"], "--lr 0.5", "0.01");
        CommandLine.RefuseInput(["train", "--resume", "--out", run, "--strategy", "exact-lu"], "--strategy exact-lu", "snf-reconstruction");
        CommandLine.RefuseInput(["train", "--resume", "--out", run, "--clip", "1"], "--clip 1", "without");
        CommandLine.RefuseInput(["train", "--data", data, "--epochs", "3", "--batch", "20", "--lr", "0.01", "--out", run], "another run", "--epochs");
        CommandLine.RefuseInput(["train", "--resume", "--out", temp.At("nowhere")], "no folder");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "checkpoint.safetensors")));
        Assert.True(File.Exists(Path.Combine(run, "summary.json")));

        // Options that agree are no difference, however they are written.
        CommandLine.Succeed("train", "--resume", "--out", run, "--lr", "1e-2", "--epochs", "2");
        CommandLine.PutRows(temp, "rows.csv", 130, 3);
        CommandLine.RefuseInput(["train", "--resume", "--out", run], "rows.csv", "not those");
    }

    [Fact]
    public void UnfinishedRunIsNotOverwrittenAndDamagedCheckpointIsRefused()
    {
        using TempFolder temp = new();
        string[] options = Options(temp, "exact-lu", epochs: 3);
        string run = temp.At("run");
        CommandLine.Succeed([.. options, "--out", run]);
        File.Delete(Path.Combine(run, "summary.json"));
        CommandLine.RefuseInput([.. options, "--out", run], "unfinished", "--resume");
        string checkpoint = Path.Combine(run, "checkpoint.safetensors");
        byte[] bytes = File.ReadAllBytes(checkpoint);
        File.WriteAllBytes(checkpoint, bytes[..^5]);
        CommandLine.RefuseInput(["train", "--resume", "--out", run], "checkpoint.safetensors");
        bytes[^3] ^= 1;
        File.WriteAllBytes(checkpoint, bytes);
        CommandLine.RefuseInput(["train", "--resume", "--out", run], "checkpoint.safetensors");
        Assert.False(File.Exists(Path.Combine(run, "summary.json")));
    }

    private static string[] Options(TempFolder temp, string strategy, int epochs)
    {
        string data = CommandLine.PutRows(temp, "rows.csv", 400, 5);
        string[] every = strategy == "stale-inverse" ? ["--every", "7"] : [];
        // A series in W - I needs W near I.
        string rate = JacobianRegistry.Create<float>(strategy) is BlockEstimate<float> { Estimator.NeedsContraction: true } ? "0.00001" : "0.003";
        return ["train", "--data", data, "--strategy", strategy, .. every, "--epochs", epochs.ToString(System.Globalization.CultureInfo.InvariantCulture), "--batch", "20", "--lr", rate, "--seed", "3", "--threads", "1", "--checkpoint-seconds", "0.01"];
    }

    private static void StopAndResume(int signal)
    {
        if (OperatingSystem.IsWindows()) return;
        using TempFolder temp = new();
        string[] options = ["train", "--seed", "5", "--epochs", "40", "--batch", "50"];
        string whole = temp.At("whole"), stopped = temp.At("stopped");
        CommandLine.Succeed([.. options, "--out", whole]);
        using Process child = CommandLine.Start([.. options, "--out", stopped]);
        CommandLine.WaitFor(() => File.Exists(Path.Combine(stopped, "history.jsonl")), child);
        CommandLine.Signal(child, signal);
        Assert.True(child.WaitForExit(60_000));
        Assert.Equal(0, child.ExitCode);
        Assert.False(File.Exists(Path.Combine(stopped, "summary.json")));
        CommandLine.Succeed("train", "--resume", "--out", stopped);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(stopped, "model.safetensors")));
        Assert.Equal(CommandLine.History(whole), CommandLine.History(stopped));
    }
}
