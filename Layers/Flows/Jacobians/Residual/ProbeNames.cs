namespace NativeFlow.Layers;

/// <summary>Probes by their names in recipes.</summary>
internal static class ProbeNames
{
    private static readonly string[] Names = ["rademacher", "gaussian", "sphere", "orthonormal"];

    /// <summary>Names of distributions of a single probe: all but <see cref="ProbeKind.Orthonormal"/>, which is then the sphere.</summary>
    public static ReadOnlySpan<string> Single => Names.AsSpan(0, 3);

    public static ReadOnlySpan<string> All => Names;

    public static string Of(ProbeKind kind) => Names[(int)kind];

    public static ProbeKind Read(ConfigReader reader, ReadOnlySpan<string> allowed) => (ProbeKind)Array.IndexOf(Names, reader.Choice("probe", Names[0], allowed));
}
