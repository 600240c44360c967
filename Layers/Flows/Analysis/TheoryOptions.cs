using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What a <see cref="LikelihoodReport"/> takes for given.</summary>
public sealed record TheoryOptions
{
    /// <summary>Bound L on the Lipschitz constant of the map; infinite for none.</summary>
    public double Lipschitz { get; init; } = double.PositiveInfinity;

    /// <summary>Bound M on the Lipschitz constant of the map's inverse; infinite for none.</summary>
    public double InverseLipschitz { get; init; } = double.PositiveInfinity;

    /// <summary>Least variance in any direction: smaller eigenvalues are lifted to it; 0 for none.</summary>
    public double NoiseVariance { get; init; }

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public TheoryOptions Checked()
    {
        if (!(Lipschitz > 0)) throw new BadInputException($"The Lipschitz bound of the map must be more than 0, it is {Lipschitz}.");
        if (!(InverseLipschitz > 0)) throw new BadInputException($"The Lipschitz bound of the inverse must be more than 0, it is {InverseLipschitz}.");
        if (1 / InverseLipschitz > Lipschitz) throw new BadInputException($"A map with Lipschitz bound {Lipschitz} has no inverse with bound {InverseLipschitz}: their product must be 1 or more.");
        if (!(NoiseVariance >= 0) || !double.IsFinite(NoiseVariance)) throw new BadInputException($"The noise variance must be finite and 0 or more, it is {NoiseVariance}.");
        return this;
    }
}
