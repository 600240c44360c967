using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Writes NumPy <c>.npy</c> files (format 1.0, little-endian f4 or f8, C order), atomically.</summary>
public static class NpyWriter
{
    private const int Alignment = 64;
    private const int PrefixLength = 10;

    /// <summary>Writes an array of any number of axes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">The extents; their product is the number of values.</param>
    /// <exception cref="ArgumentException">Shape and number of values disagree.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is neither float nor double.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write<T>(string path, ReadOnlySpan<T> values, params ReadOnlySpan<int> shape)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long count = 1;
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            count = checked(count * extent);
        }

        string extents = string.Join(", ", shape.ToArray());
        if (count != values.Length)
        {
            throw new ArgumentException($"NpyWriter: shape ({extents}) has {count} values, {values.Length} are given.", nameof(values));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new NotSupportedException("NpyWriter: needs a little-endian machine.");
        }

        string type = typeof(T) == typeof(float) ? "<f4"
            : typeof(T) == typeof(double) ? "<f8"
            : throw new NotSupportedException($"NpyWriter: {typeof(T).Name} cannot be written; use float or double.");

        // A Python tuple of one needs its comma. Blanks and a line break fill up to the alignment that numpy maps by.
        string dictionary = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({extents}{(shape.Length == 1 ? "," : "")}), }}";
        int length = ((PrefixLength + dictionary.Length + 1 + Alignment - 1) / Alignment * Alignment) - PrefixLength;
        byte[] header = Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1) + "\n");

        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        file.Stream.Write(header);
        while (values.Length > 0)
        {
            int piece = Math.Min(values.Length, 1 << 24);
            file.Stream.Write(MemoryMarshal.AsBytes(values[..piece]));
            values = values[piece..];
        }

        file.Commit();
    }
}
