using System.CommandLine;
using System.Globalization;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Cli.Devices;

/// <summary>Where a command computes: what <c>--device</c> says, held against what there is.</summary>
/// <param name="Kind">Which kind of device.</param>
/// <param name="Index">Which of the GPUs.</param>
/// <param name="Line">What to say of it first; null for nothing.</param>
internal sealed record DeviceChoice(DeviceKind Kind, int Index = 0, string? Line = null)
{
    /// <summary>The CPU, without a word.</summary>
    public static DeviceChoice Cpu { get; } = new(DeviceKind.Cpu);

    /// <summary>The option.</summary>
    public static Option<string?> CreateOption()
        => Arguments.Text("--device", "where to compute: cpu, gpu or gpu:N (see nativeflow devices), auto (a GPU if there is one), or emulator (the GPU's kernels on the CPU, slowly, for reading along); --threads concerns the CPU, and what a GPU leaves to it [cpu]", "DEVICE");

    /// <summary>What the option says.</summary>
    /// <exception cref="BadInputException">There is no such device.</exception>
    public static DeviceChoice Of(string? text) => text is null or "cpu" ? Cpu : Of(text, GpuInventory.Read());

    /// <summary>What the option says, with these GPUs.</summary>
    /// <exception cref="BadInputException">There is no such device.</exception>
    public static DeviceChoice Of(string text, GpuInventory inventory)
    {
        switch (text)
        {
            case "cpu":
                return Cpu;
            case "emulator":
                return new(DeviceKind.Emulator, Line: "device emulator: the GPU's kernels, one item at a time on the CPU");
            case "auto" when inventory.Missing is { } missing:
                return new(DeviceKind.Cpu, Line: $"device cpu: {missing}");
            case "auto" or "gpu":
                return Gpu(text, 0, inventory);
            default:
                if (text.StartsWith("gpu:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int index)) return Gpu(text, index, inventory);
                throw new BadInputException($"--device {BadInputException.Quote(text)}: expected cpu, gpu, gpu:N with a number from 0, auto or emulator.");
        }
    }

    /// <summary>Makes the backend.</summary>
    /// <param name="threads">Threads on the CPU; 0 for one per processor.</param>
    public IBackend<T> Make<T>(int threads) where T : unmanaged, IFloatingPointIeee754<T> => Kind switch
    {
        DeviceKind.Gpu => GpuInventory.Open<T>(Index),
        DeviceKind.Emulator => typeof(T) == typeof(float) ? (IBackend<T>)(object)GpuEmulation.Single() : (IBackend<T>)(object)GpuEmulation.Double(),
        _ => new SimdBackend<T>(threads),
    };

    /// <summary>What to add to a command that goes on on the same device, with a space before; nothing for the CPU.</summary>
    public string AsOption => Kind switch
    {
        DeviceKind.Gpu => string.Create(CultureInfo.InvariantCulture, $" --device gpu:{Index}"),
        DeviceKind.Emulator => " --device emulator",
        _ => "",
    };

    /// <summary>Says which device it is, where that is not plain.</summary>
    public void Say(TextWriter writer)
    {
        if (Line is not null) writer.WriteLine(Line);
    }

    private static DeviceChoice Gpu(string text, int index, GpuInventory inventory)
    {
        if (inventory.Missing is { } missing) throw new BadInputException($"--device {text}: {missing}, or use --device cpu.");
        if (index >= inventory.Gpus.Count) throw new BadInputException($"--device {text}: there is no such GPU, only {string.Join(", ", inventory.Gpus.Select(Describe))}.");
        return new(DeviceKind.Gpu, index, $"device {Describe(inventory.Gpus[index])}");
    }

    private static string Describe(GpuDescription gpu) => $"gpu:{gpu.Index} ({gpu.Name})";
}
