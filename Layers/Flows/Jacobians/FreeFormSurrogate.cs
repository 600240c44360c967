namespace NativeFlow.Layers;

/// <summary>Which of the two factors J (encoder) and G (decoder, near J^-1) a probe's log-determinant gradient goes to.</summary>
public enum FreeFormSurrogate
{
    /// <summary>Always the encoder: v^T J sg(G v) (Draxler et al. 2024). The decoder learns from the reconstruction alone.</summary>
    Encoder,

    /// <summary>By the sign of c = v^T (J G - I) v: below 0 the encoder's, which raises c; above 0 the decoder's, -sg(v^T J) G v, which lowers it.</summary>
    Conditional,
}

/// <summary>Names of <see cref="FreeFormSurrogate"/> in recipes.</summary>
internal static class FreeFormSurrogates
{
    private static readonly string[] s_names = ["encoder", "conditional"];

    public static ReadOnlySpan<string> Names => s_names;

    public static string NameOf(FreeFormSurrogate surrogate) => s_names[(int)surrogate];

    public static FreeFormSurrogate Parse(string? name)
    {
        int at = name is null ? 0 : Array.IndexOf(s_names, name);
        return at >= 0 ? (FreeFormSurrogate)at : throw new ArgumentException($"surrogate is '{name}'; it must be one of: {string.Join(", ", s_names)}.");
    }
}
