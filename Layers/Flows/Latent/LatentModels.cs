using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Makes latent-variable models by name.</summary>
public static class LatentModels
{
    private static readonly string[] s_names = ["vae", "vae-nc", "hvae", "hvae-tc", "hvae-whc"];

    /// <summary>Names, in the order of <see cref="LatentModelKind"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>Name of a kind.</summary>
    public static string NameOf(LatentModelKind kind) => s_names[(int)kind];

    /// <summary>Finds a kind by its name.</summary>
    public static bool TryParse(string name, out LatentModelKind kind)
    {
        int index = Array.IndexOf(s_names, name);
        kind = index < 0 ? default : (LatentModelKind)index;
        return index >= 0;
    }

    /// <summary>Makes an untrained model.</summary>
    /// <param name="options">Its recipe.</param>
    /// <param name="backend">Where it lives; null makes a <see cref="SimdBackend{T}"/> with one thread per processor, which the model then owns.</param>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public static LatentModel<T> Create<T>(LatentModelOptions options, IBackend<T>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
        => new(options.Checked(), backend);

    /// <summary>The posterior of a model: also for encoders of another kind.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public static LatentPosterior<T> CreatePosterior<T>(LatentModelOptions options) where T : unmanaged, IFloatingPointIeee754<T>
    {
        options.Checked();
        HyperbolicSpace<T>? space = options.IsHyperbolic ? new HyperbolicSpace<T>(options.Radius, options.LearnRadius) : null;
        var flow = new List<IBijector<T>>();
        for (int block = 0; options.HasFlow && block < options.Blocks; block++) flow.Add(Coupling(options, space, block));
        return new LatentPosterior<T>(options.Latent, space, flow);
    }

    // The list goes from w to w0, so its last layer is the first in the generative direction.
    private static IBijector<T> Coupling<T>(LatentModelOptions options, HyperbolicSpace<T>? space, int block) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var moved = new bool[options.Latent];
        for (int j = 0; j < moved.Length; j++) moved[j] = (j + block) % 2 == 0;
        int moving = moved.AsSpan().Count(true);
        var network = new Mlp<T>(moved.Length - moving, 2 * moving, [options.FlowHidden, options.FlowHidden], Activation.Tanh);
        return options.Kind switch
        {
            LatentModelKind.HvaeWhc => new WrappedHyperboloidCoupling<T>(moved, space!, network),
            LatentModelKind.HvaeTc => new TangentCoupling<T>(moved, space!, network),
            // In tangent coordinates a tangent coupling is the affine coupling of RealNVP, and asks nothing of its space.
            _ => new TangentCoupling<T>(moved, new HyperbolicSpace<T>(), network),
        };
    }
}
