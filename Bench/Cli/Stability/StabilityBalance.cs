namespace NativeFlow.Cli.Stability;

/// <summary>What holds expansion and contraction in balance.</summary>
internal enum StabilityBalance
{
    /// <summary>Nothing: ActNorm with free scales after every coupling.</summary>
    None,

    /// <summary>Diagonals with scales within e^-2 and e^2 in place of ActNorm, and the finite-difference penalty.</summary>
    Bounded,

    /// <summary>Couplings whose log scales have mean 0, so that each keeps volume; one ActNorm, first, carries it.</summary>
    Volume,
}
