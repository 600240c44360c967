namespace NativeFlow.Layers;

/// <summary>Derives keys from keys (the finaliser of SplitMix64), so that layers, epochs and draws have streams of their own.</summary>
public static class SeedMix
{
    /// <summary>A key for purpose number <paramref name="purpose"/> under <paramref name="key"/>.</summary>
    public static ulong Of(ulong key, ulong purpose)
    {
        ulong z = key + 0x9E3779B97F4A7C15UL * (purpose + 1);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
