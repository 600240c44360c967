namespace NativeFlow.Cli;

/// <summary>Heads of the peers' columns, short enough for all of them on 80 columns. "Wide" ones are told which instructions to use, the widest that this machine has.</summary>
internal static class PeerNames
{
    public const string OpenBlas = "OB";
    public const string OpenBlasWide = "OB+";
    public const string Blis = "BLIS";
    public const string BlisWide = "BLIS+";
    public const string OneDnn = "DNNL";
    public const string TensorPrimitives = "TP";
    public const string Torch = "torch";
    public const string TorchWide = "torch+";

    /// <summary>PyTorch on the GPU with its products on tensor cores.</summary>
    public const string TorchTf32 = "torch tf32";

    /// <summary>Ours on one thread, where more are measured.</summary>
    public const string OneThread = "1 thread";
}
