using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What <see cref="LatentModels.Create"/> makes: the recipe of a latent-variable model.</summary>
public sealed record LatentModelOptions
{
    /// <summary>Which posterior.</summary>
    public LatentModelKind Kind { get; init; }

    /// <summary>Columns of the data.</summary>
    public required int DataDimension { get; init; }

    /// <summary>Columns n of the latent.</summary>
    public int Latent { get; init; } = 2;

    /// <summary>Width of the encoder's and the decoder's hidden layers.</summary>
    public int Hidden { get; init; } = 200;

    /// <summary>Number of hidden layers of encoder and decoder; 0 makes both affine.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>Between the layers of encoder and decoder.</summary>
    public Activation Activation { get; init; } = Activation.LeakyRelu;

    /// <summary>Couplings of a flow posterior; the halves that move alternate.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Width of the flow's networks, which have two hidden layers with tanh.</summary>
    public int FlowHidden { get; init; } = 128;

    /// <summary>Radius R of a hyperbolic model at the start; the curvature is -1/R^2.</summary>
    public double Radius { get; init; } = 1;

    /// <summary>Whether the radius is learned.</summary>
    public bool LearnRadius { get; init; } = true;

    /// <summary>What the decoder's output means.</summary>
    public DecoderLikelihoodKind Likelihood { get; init; }

    /// <summary>Variance of a Gaussian likelihood.</summary>
    public double Variance { get; init; } = 1;

    /// <summary>Seed of the start values.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the latent lies on the hyperboloid.</summary>
    public bool IsHyperbolic => Kind is LatentModelKind.Hvae or LatentModelKind.HvaeTc or LatentModelKind.HvaeWhc;

    /// <summary>Whether the posterior has a flow.</summary>
    public bool HasFlow => Kind is LatentModelKind.VaeNc or LatentModelKind.HvaeTc or LatentModelKind.HvaeWhc;

    /// <summary>Refuses what cannot be made.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public LatentModelOptions Checked()
    {
        string name = LatentModels.NameOf(Kind);
        AtLeast(1, DataDimension, "data columns");
        AtLeast(1, Latent, "latent columns");
        AtLeast(1, Hidden, "units of a hidden layer");
        AtLeast(0, HiddenLayers, "hidden layers");
        if (HasFlow && Latent < 2) throw new BadInputException($"{name}: a coupling moves some latent columns and passes the others, so it needs 2 or more, not {Latent}; take --latent 2, or a model without a flow.");
        if (HasFlow) AtLeast(1, Blocks, "couplings");
        if (HasFlow) AtLeast(1, FlowHidden, "units of a flow's hidden layer");
        if (IsHyperbolic && !(Radius > 0 && double.IsFinite(Radius))) throw new BadInputException($"{name}: the radius is {Radius}; it must be above 0 and finite (the curvature -1/R^2 is negative).");
        if (!(Variance > 0 && double.IsFinite(Variance))) throw new BadInputException($"{name}: the variance of the likelihood is {Variance}; it must be above 0 and finite.");
        return this;

        void AtLeast(int least, int value, string what)
        {
            if (value < least) throw new BadInputException($"{name}: {value} {what}; there must be {least} or more.");
        }
    }
}
