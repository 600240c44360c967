using NativeFlow.Cli.Training;

namespace NativeFlow.Cli.Latent;

/// <summary><c>nativeflow train</c> for latent-variable models.</summary>
internal static class LatentTrain
{
    public static int Run(TrainRequest request) => throw new NotSupportedException($"--model {request.Given.GetValueOrDefault("model")}: latent-variable models cannot be trained yet.");
}
