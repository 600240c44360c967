namespace NativeFlow.Engine;

/// <summary>The 32-bit checksum of gzip and PNG files (ISO 3309, reflected polynomial 0xEDB88320). Not a defence against intent.</summary>
public static class Crc32
{
    private static readonly uint[] Table = BuildTable();

    /// <summary>
    /// Continues the checksum <paramref name="crc"/> (0 for the first piece) over <paramref name="bytes"/>. Cost: one table look-up a byte.
    /// </summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        uint c = ~crc;
        foreach (byte b in bytes)
        {
            c = table[(byte)(c ^ b)] ^ (c >> 8);
        }

        return ~c;
    }

    private static uint[] BuildTable()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int bit = 0; bit < 8; bit++)
            {
                c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            }

            table[n] = c;
        }

        return table;
    }
}
