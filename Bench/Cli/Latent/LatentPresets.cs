using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>All default numbers of latent-variable models, those of the published experiments where there are such.</summary>
internal static class LatentPresets
{
    public const int Latent = 2;
    public const int MostLatent = 10_000;
    public const int MostHidden = 100_000;
    public const int Samples = 500;
    public const string Rate = "0.001";
    public const string Beta = "1";
    /// <summary>Draws a row of the evidence lower bound of the test.</summary>
    public const int BoundDraws = 20;
    /// <summary>Name of the radius schedule of the published experiments, R = 11, 10, ..., 2 over ten epochs.</summary>
    public const string PublishedRadius = "published";
    /// <summary>Where the published schedule leaves a radius that is not learned.</summary>
    public const double RadiusAfterPublished = 2;

    public static int Hidden(int columns) => columns > 128 ? 600 : 200;

    public static int Batch(DataSet data) => Math.Min(data.Levels > 0 ? 128 : 100, data.Train.Rows);

    /// <summary>BDP 3000 and MNIST 80 epochs, as published.</summary>
    public static int Epochs(int rows) => rows <= 1000 ? 3000 : rows <= 10_000 ? 200 : 80;

    public static string Likelihood(DataSet data) => data.Levels > 0 ? "bernoulli" : "gaussian";
}
