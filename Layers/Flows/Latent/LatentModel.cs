using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A latent-variable model (variational auto-encoder): w ~ N(0, I) in tangent coordinates, x ~ p(x | decoder(w)), with the posterior
/// q(w | x) that an encoder gives. Its likelihood p(x) has no closed form; what it gives are lower bounds (<see cref="LatentEvaluation"/>).
/// </summary>
/// <remarks>Parameters under encoder, posterior and decoder. Sources: Kingma and Welling 2014; Rezende and Mohamed 2015; Bose et al. 2020.</remarks>
public sealed class LatentModel<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Mlp<T> _encoder, _decoder;
    private readonly bool _ownsBackend;

    internal LatentModel(LatentModelOptions options, IBackend<T>? backend)
    {
        Options = options;
        int[] hidden = new int[options.HiddenLayers];
        Array.Fill(hidden, options.Hidden);
        _encoder = new Mlp<T>(options.DataDimension, 2 * options.Latent, hidden, options.Activation, start: WeightStart.UniformFanIn);
        _decoder = new Mlp<T>(options.Latent, options.DataDimension, hidden, options.Activation, start: WeightStart.UniformFanIn);
        Posterior = LatentModels.CreatePosterior<T>(options);
        Likelihood = options.Likelihood == DecoderLikelihoodKind.Bernoulli ? new BernoulliLikelihood<T>() : new GaussianLikelihood<T>(options.Variance);
        _ownsBackend = backend is null;
        Backend = backend ?? new SimdBackend<T>();
        Store = new ParameterStore<T>(Backend);
        _encoder.Attach(Store, "encoder", SeedMix.Of(options.Seed, 1), []);
        Posterior.Attach(Store, "posterior", SeedMix.Of(options.Seed, 2));
        _decoder.Attach(Store, "decoder", SeedMix.Of(options.Seed, 3), []);
        Store.Build();
    }

    /// <summary>Its recipe.</summary>
    public LatentModelOptions Options { get; }

    /// <summary>Name of its kind, such as <c>hvae-tc</c>.</summary>
    public string Kind => LatentModels.NameOf(Options.Kind);

    /// <summary>Columns of the data.</summary>
    public int DataDimension => Options.DataDimension;

    /// <summary>Columns of the latent.</summary>
    public int Latent => Options.Latent;

    /// <summary>The law q(w | x).</summary>
    public LatentPosterior<T> Posterior { get; }

    /// <summary>The space of a hyperbolic model; null for the others.</summary>
    public HyperbolicSpace<T>? Space => Posterior.Space;

    /// <summary>p(x | decoder output).</summary>
    public IDecoderLikelihood<T> Likelihood { get; }

    /// <summary>Where it lives.</summary>
    public IBackend<T> Backend { get; }

    /// <summary>Its parameters and buffers.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>Radius R as it stands; infinite for a Euclidean model.</summary>
    public double Radius => Space is null ? double.PositiveInfinity : Space.Radius(Store);

    /// <summary>Records the encoder: mean and raw scale, [batch x n] each, for data [batch x D].</summary>
    public (Var Mean, Var RawScale) Encode(Tape<T> tape, Var x)
    {
        tape.Scope = "encoder.";
        Var both = _encoder.Record(tape, x);
        tape.Scope = "";
        return (tape.SliceColumns(both, 0, Latent), tape.SliceColumns(both, Latent, Latent));
    }

    /// <summary>Records the decoder's output [batch x D] for w [batch x n] in tangent coordinates.</summary>
    public Var Decode(Tape<T> tape, Var w)
    {
        tape.Scope = "decoder.";
        Var output = _decoder.Record(tape, w);
        tape.Scope = "";
        return output;
    }

    /// <summary>Records one draw for every row of x [batch x D], and what it says. Noise by (key, stream).</summary>
    public LatentTerms Record(Tape<T> tape, Var x, ulong key, ulong stream)
    {
        (Var mean, Var rawScale) = Encode(tape, x);
        return Record(tape, x, mean, rawScale, key, stream);
    }

    /// <summary>As <see cref="Record(Tape{T}, Var, ulong, ulong)"/>, from an encoder output that is recorded already.</summary>
    public LatentTerms Record(Tape<T> tape, Var x, Var mean, Var rawScale, ulong key, ulong stream)
    {
        LatentDraw draw = Posterior.Record(tape, mean, rawScale, key, stream);
        Var output = Decode(tape, draw.Latent);
        tape.Scope = "likelihood.";
        Var logLikelihood = Likelihood.LogProb(tape, x, output);
        tape.Scope = "";
        return new LatentTerms(logLikelihood, draw);
    }

    /// <summary>Writes the model: recipe, parameters, buffers and counters. Replaces the file whole or not at all.</summary>
    public void Save(string path) => LatentModelFile.Save(this, path);

    /// <summary>Reads a model written by <see cref="Save"/>: the same bits.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, or no latent-variable model.</exception>
    public static LatentModel<T> Load(string path, IBackend<T>? backend = null) => LatentModelFile.Load<T>(path, backend);

    /// <summary>Refuses a table of other columns, or with a context.</summary>
    /// <exception cref="BadInputException">It does not fit.</exception>
    internal void RequireTable(Table table)
    {
        if (table.Columns != DataDimension) throw new BadInputException($"{table.Name}: has {table.Columns} columns, the model {DataDimension}; they must be equal.");
        table.RequireContext(0, "a latent-variable model");
    }

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        Store.Dispose();
        if (_ownsBackend) Backend.Dispose();
    }
}
