using System.Text.Json;
using NativeFlow.Cli;
using NativeFlow.Cli.Commands;
using NativeFlow.Cli.Devices;
using NativeFlow.Engine;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>--device</c> and <c>nativeflow devices</c>.</summary>
[Trait("Category", "Gpu")]
public sealed class DeviceTests
{
    private static readonly GpuInventory Two = new(GpuAvailability.Ready,
    [
        new(0, "Big", 80L << 30, 79L << 30, 132, new Version(9, 0)),
        new(1, "Small", 24L << 30, 3L << 29, 46, new Version(8, 6)),
    ]);

    [Theory]
    [InlineData("cpu", DeviceKind.Cpu, 0, null)]
    [InlineData("emulator", DeviceKind.Emulator, 0, "device emulator: the GPU's kernels, one item at a time on the CPU")]
    [InlineData("auto", DeviceKind.Gpu, 0, "device gpu:0 (Big)")]
    [InlineData("gpu", DeviceKind.Gpu, 0, "device gpu:0 (Big)")]
    [InlineData("gpu:1", DeviceKind.Gpu, 1, "device gpu:1 (Small)")]
    public void NamesOfDevicesAreFound(string text, object kind, int index, string? line)
        => Assert.Equal(new DeviceChoice((DeviceKind)kind, index, line), DeviceChoice.Of(text, Two));

    [Theory]
    [InlineData("cpu", "")]
    [InlineData("emulator", " --device emulator")]
    [InlineData("auto", " --device gpu:0")]
    [InlineData("gpu:1", " --device gpu:1")]
    public void ACommandThatGoesOnNamesItsDevice(string text, string option) => Assert.Equal(option, DeviceChoice.Of(text, Two).AsOption);

    [Theory]
    [InlineData("gpu:7", "--device gpu:7: there is no such GPU, only gpu:0 (Big), gpu:1 (Small).")]
    [InlineData("gpu:2", "--device gpu:2: there is no such GPU, only gpu:0 (Big), gpu:1 (Small).")]
    [InlineData("gpu:-1", "expected cpu, gpu, gpu:N with a number from 0, auto or emulator.")]
    [InlineData("gpu: 1", "expected cpu")]
    [InlineData("gpu:", "expected cpu")]
    [InlineData("GPU", "expected cpu")]
    [InlineData("", "expected cpu")]
    public void OtherNamesAreRefused(string text, string message)
        => Assert.Contains(message, Assert.Throws<BadInputException>(() => DeviceChoice.Of(text, Two)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(GpuAvailability.NotBuilt, "-p:UseIlgpu=true")]
    [InlineData(GpuAvailability.NoDriver, "no NVIDIA driver")]
    [InlineData(GpuAvailability.NoDevice, "no GPU that can be used")]
    public void WithoutAGpuTheReasonIsNamedAndAutoGoesOn(object availability, string reason)
    {
        var none = new GpuInventory((GpuAvailability)availability, []);
        Assert.Contains(reason, Assert.Throws<BadInputException>(() => DeviceChoice.Of("gpu", none)).Message, StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<BadInputException>(() => DeviceChoice.Of("gpu:1", none)).Message, StringComparison.Ordinal);
        DeviceChoice auto = DeviceChoice.Of("auto", none);
        Assert.Equal(DeviceKind.Cpu, auto.Kind);
        Assert.StartsWith("device cpu: ", auto.Line);
        Assert.Contains(reason, auto.Line);
        using var writer = new StringWriter();
        DevicesCommand.Write(none, writer, asJson: false);
        string last = writer.ToString().TrimEnd().Split('\n')[^1];
        Assert.StartsWith("no GPU: ", last);
        Assert.Contains(reason, last);
    }

    [Fact]
    public void DevicesAreListed()
    {
        using var text = new StringWriter();
        DevicesCommand.Write(Two, text, asJson: false);
        string[] lines = text.ToString().TrimEnd().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Matches(@"^cpu +(128|256|512)-bit vectors, \d+ threads?$", lines[1]);
        Assert.Matches("^gpu:0 +Big +80.0 GiB +79.0 GiB +132 +9.0$", lines[2]);
        Assert.Matches("^gpu:1 +Small +24.0 GiB +1.5 GiB +46 +8.6$", lines[3]);
        using var json = new StringWriter();
        DevicesCommand.Write(Two, json, asJson: true);
        using JsonDocument document = JsonDocument.Parse(json.ToString());
        JsonElement small = document.RootElement.GetProperty("gpus")[1];
        Assert.Equal((3L << 29, "8.6"), (small.GetProperty("free_bytes").GetInt64(), small.GetProperty("compute_capability").GetString()));
        Assert.False(document.RootElement.TryGetProperty("missing", out _));
    }

    [Fact]
    public void TooLittleMemoryIsTheUsersToKnow()
    {
        using var emulator = new GpuEmulator<float>(totalBytes: 1000);
        DeviceMemoryException e = Assert.Throws<DeviceMemoryException>(() => emulator.Allocate(0, 251));
        (string message, int code) = Program.Outcome(e);
        Assert.Equal(Program.BadInput, code);
        Assert.Contains("1004 bytes", message, StringComparison.Ordinal);
        Assert.Contains("1000 free", message, StringComparison.Ordinal);
    }

#if !ILGPU
    [Fact]
    public void WithoutTheAdapterNothingIsWritten()
    {
        using TempFolder temp = new();
        string run = temp.At("run"), model = temp.At("model.safetensors");
        CommandLine.RefuseInput(["train", "--device", "gpu", "--out", run], "--device gpu: the adapter for GPUs is not built in; build nativeflow with -p:UseIlgpu=true");
        Assert.False(Directory.Exists(run));
        foreach (string[] command in (string[][])[["evaluate", model], ["score", model, "--out", temp.At("s.csv")], ["sample", model, "--out", temp.At("s.npy")], ["plot", model, "--out", temp.At("p.png")], ["compare", "--steps", "1"]])
            CommandLine.RefuseInput([.. command, "--device", "gpu:3"], "--device gpu:3: the adapter for GPUs is not built in");
        Assert.Empty(Directory.GetFileSystemEntries(temp.FullName));
        Assert.Contains("no GPU: the adapter", CommandLine.Succeed("devices"), StringComparison.Ordinal);
    }
#endif

    [Theory]
    [InlineData("double", 1e-9)]
    [InlineData("float", 1e-4)]
    public void EmulatorTrainsToTheSameModel(string dtype, double tolerance)
    {
        using TempFolder temp = new();
        double[] nats = [.. new[] { "cpu", "emulator" }.Select(device =>
        {
            string run = temp.At(device);
            string stdout = CommandLine.Succeed("train", "--data", "toy:two-moons:300", "--model", "fc2", "--epochs", "2", "--batch", "50", "--dtype", dtype, "--device", device, "--out", run);
            Assert.Equal(device == "emulator", stdout.StartsWith("device emulator", StringComparison.Ordinal));
            string evaluated = CommandLine.Succeed("evaluate", Path.Combine(run, "model.safetensors"), "--data", "toy:two-moons:300", "--device", device, "--json");
            return JsonDocument.Parse(evaluated).RootElement.GetProperty("nats").GetDouble();
        })];
        Assert.InRange(Math.Abs(nats[0] - nats[1]), 0, tolerance * Math.Abs(nats[0]));
    }
}
