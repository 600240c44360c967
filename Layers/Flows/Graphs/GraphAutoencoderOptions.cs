using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The recipe of a <see cref="GraphAutoencoder{T}"/>.</summary>
public sealed record GraphAutoencoderOptions
{
    /// <summary>Which posterior: the same five as those of other latent-variable models.</summary>
    public LatentModelKind Kind { get; init; }

    /// <summary>Columns n of the latent.</summary>
    public int Latent { get; init; } = 2;

    /// <summary>Width of the first graph convolution.</summary>
    public int Hidden { get; init; } = 16;

    /// <summary>How the encoder scales the adjacency.</summary>
    public AdjacencyNormalization Normalization { get; init; }

    /// <summary>What makes an edge likely.</summary>
    public GraphDecoder Decoder { get; init; }

    /// <summary>Couplings of a flow posterior.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Width of the flow's networks.</summary>
    public int FlowHidden { get; init; } = 64;

    /// <summary>Radius R of a hyperbolic latent at the start.</summary>
    public double Radius { get; init; } = 1;

    /// <summary>Whether the radius is learned.</summary>
    public bool LearnRadius { get; init; }

    /// <summary>Seed of the start values.</summary>
    public ulong Seed { get; init; }

    /// <summary>The part of it that describes the posterior.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public LatentModelOptions Posterior(int inputs)
    {
        var options = new LatentModelOptions
        {
            Kind = Kind,
            DataDimension = inputs,
            Latent = Latent,
            Hidden = Hidden,
            Blocks = Blocks,
            FlowHidden = FlowHidden,
            Radius = Radius,
            LearnRadius = LearnRadius,
            Seed = Seed,
        };
        // Under the name that the user knows the model by.
        if (options.HasFlow && Latent < 2)
            throw new BadInputException($"{GraphModelFile.Models[(int)Kind]}: a coupling moves some latent columns and passes the others, so it needs 2 or more, not {Latent}; take --latent 2, or a model without a flow.");
        return options.Checked();
    }
}
