using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>What a device can do at most, by its maker.</summary>
/// <param name="Flops">Single-precision flops a second, without tensor cores.</param>
/// <param name="Bytes">Bytes of memory a second.</param>
internal sealed record GpuPeak(double Flops, double Bytes)
{
    /// <summary>Of a device by its name, or null where it is not known here.</summary>
    public static GpuPeak? Of(string device)
    {
        // The SXM modules; the PCIe ones are slower.
        if (device.Contains("H200", StringComparison.Ordinal)) return new(67e12, 4.8e12);
        if (device.Contains("H100", StringComparison.Ordinal)) return new(67e12, 3.35e12);
        // A limit to divide by, no more.
        return device.Contains("emulator", StringComparison.OrdinalIgnoreCase) ? new(1e9, 1e9) : null;
    }

    /// <summary>From <c>TFLOPS,GBS</c>; null from null.</summary>
    /// <exception cref="BadInputException">It does not read like that.</exception>
    public static GpuPeak? Parse(string? text)
    {
        if (text is null) return null;
        string[] parts = text.Split(',');
        if (parts.Length != 2) throw new BadInputException($"--peak {BadInputException.Quote(text)}: expected two numbers, such as 67,3350 (Tflop/s in single precision, GB/s).");
        return new(1e12 * Arguments.Number("--peak", parts[0], zero: false), 1e9 * Arguments.Number("--peak", parts[1], zero: false));
    }

    /// <summary>In words.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Flops / 1e12:0.###} Tflop/s single precision, {Bytes / 1e9:0.###} GB/s");
}
