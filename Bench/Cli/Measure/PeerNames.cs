namespace NativeFlow.Cli;

/// <summary>Heads of the peers' columns. "Wide" ones are told which instructions to use, the widest that this machine has.</summary>
internal static class PeerNames
{
    public const string OpenBlas = "OpenB";
    public const string OpenBlasWide = "OpenB+";
    public const string Blis = "BLIS";
    public const string BlisWide = "BLIS+";
    public const string OneDnn = "oneDNN";
    public const string TensorPrimitives = "TensorP";
    public const string Torch = "torch";
    public const string TorchWide = "torch+";

    /// <summary>Ours on one thread, where more are measured.</summary>
    public const string OneThread = "1 thread";
}
