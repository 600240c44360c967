using System.CommandLine;
using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow sample</c>.</summary>
internal static class SampleCommand
{
    private const int MaxValues = 1 << 28;

    public static Command Create()
    {
        Argument<string> model = new("MODEL") { Description = "model.safetensors written by train" };
        Option<string?> count = Arguments.Text("--count", "number of samples [100]", "N");
        Option<string?> output = Arguments.Text("--out", "file ending in .png (a grid of images), .npy or .csv", "FILE");
        output.Required = true;
        Option<string?> seed = Arguments.Text("--seed", "seed [0]", "N");
        Option<string?> inverse = Arguments.Text("--inverse", "exact: the true inverse; learned: the learned inverse R, fast and approximate [exact]", "KIND");
        Option<string?> threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
        Option<string?> device = DeviceChoice.CreateOption();
        Option<string?> context = Arguments.Text("--context", "context of a conditional model: one number a column, separated by commas, the same for all samples", "NUMBERS");
        Option<bool> asJson = Arguments.Switch("--json", "print a summary as JSON");
        Command command = new("sample", "Draws samples from a model; the same ones for the same seed.") { model, count, output, seed, inverse, context, threads, device, asJson };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(output)!;
            string format = Path.GetExtension(path).ToLowerInvariant();
            if (format is not (".png" or ".npy" or ".csv")) throw new BadInputException($"--out {path}: expected a name ending in .png, .npy or .csv.");
            var request = new Request(
                parsed.GetRequiredValue(model), path, format,
                parsed.GetValue(count) is { } n ? Arguments.Whole("--count", n, 1) : 100,
                parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : 0,
                (parsed.GetValue(inverse) is { } kind ? Arguments.OneOf("--inverse", kind, "exact", "learned") : "exact") == "exact" ? InverseKind.Exact : InverseKind.Learned,
                parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : 0,
                DeviceChoice.Of(parsed.GetValue(device)),
                parsed.GetValue(context) is { } given ? Array.ConvertAll(given.Split(','), Coordinate) : []);
            bool latent = LatentModelFile.IsLatentModel(request.Model);
            foreach (Option<string?> option in (ReadOnlySpan<Option<string?>>)[inverse, context])
                if (latent && parsed.GetValue(option) is not null) throw new BadInputException($"{option.Name}: belongs to flows, but {request.Model} is a latent-variable model; leave the option out.");
            request.Device.Say(parsed.GetValue(asJson) ? parsed.InvocationConfiguration.Error : parsed.InvocationConfiguration.Output);
            bool single = ModelFile.DtypeOf(request.Model) == "float";
            int dimension = latent ? single ? RunLatent<float>(request) : RunLatent<double>(request) : single ? Run<float>(request) : Run<double>(request);
            string used = latent ? (format == ".png" ? "means given the latent" : "drawn") : request.Inverse == InverseKind.Exact ? "exact" : "learned";
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson))
            {
                stdout.WriteLine(JsonText.Object(json =>
                {
                    json.WriteString("model", request.Model);
                    json.WriteNumber("count", request.Count);
                    json.WriteNumber("dimension", dimension);
                    json.WriteNumber("seed", request.Seed);
                    json.WriteString(latent ? "values" : "inverse", used);
                    json.WriteString("out", path);
                }));
            }
            else
            {
                stdout.WriteLine($"{path}: {request.Count} samples of {dimension} features, {used}{(latent ? "" : " inverse")}, seed {request.Seed}");
            }

            return Program.Done;
        });
        return command;
    }

    private static int Run<T>(Request request) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = request.Device.Make<T>(request.Threads);
        using Flow<T> flow = ModelFile.Load(request.Model, backend);
        int d = flow.Dimension;
        RequireRoom(request, d);
        if (request.Inverse == InverseKind.Learned && !flow.Transforms.Any(HasLearnedInverse))
            throw new BadInputException($"--inverse learned: {request.Model} was trained with {LayerStrategies.Of(flow)} and has no learned inverse; use --inverse exact.");
        (int side, int channels) = request.Format == ".png" ? ImageOf(request.Model, d) : (0, 1);
        if (request.Context.Length != flow.ContextWidth)
            throw new BadInputException(
                flow.ContextWidth == 0 ? $"--context: {request.Model} takes none; leave the option out."
                : $"--context: {request.Model} takes a context of {flow.ContextWidth} numbers, {request.Context.Length} are given; give {flow.ContextWidth}, separated by commas.");
        T[] samples = Sampling.Draw(flow, request.Count, request.Seed, request.Inverse, Array.ConvertAll(request.Context, T.CreateTruncating));
        Write(request, samples, d, side, channels, () => Range(flow, samples));
        return d;
    }

    // Pictures show means, which are grey; numbers are draws.
    private static int RunLatent<T>(Request request) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = request.Device.Make<T>(request.Threads);
        using LatentModel<T> model = LatentModelFile.Load(request.Model, backend);
        int d = model.DataDimension;
        RequireRoom(request, d);
        (int side, int channels) = request.Format == ".png" ? ImageOf(request.Model, d) : (0, 1);
        T[] samples = LatentEvaluation.Sample(model, request.Count, request.Seed, mean: request.Format == ".png");
        Write(request, samples, d, side, channels, () => model.Options.Likelihood == DecoderLikelihoodKind.Bernoulli ? (0, 1) : Ends(samples));
        return d;
    }

    private static void RequireRoom(Request request, int d)
    {
        if ((long)request.Count * d > MaxValues) throw new BadInputException($"--count {request.Count}: {request.Count} samples of {d} features are more than {MaxValues} numbers; give at most {MaxValues / d}.");
    }

    private static void Write<T>(Request request, T[] samples, int d, int side, int channels, Func<(float Low, float High)> range) where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (request.Format)
        {
            case ".png":
                (float low, float high) = range();
                Sampling.WriteGrid(request.Out, samples, request.Count, side, side, channels, low, high);
                break;
            case ".npy":
                NpyWriter.Write<T>(request.Out, samples, request.Count, d);
                break;
            default:
                CsvWriter.Write<T>(request.Out, [], samples, d);
                break;
        }
    }

    private static bool HasLearnedInverse<T>(IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T> => layer.HasLearnedInverse || layer.Inner.Any(HasLearnedInverse);

    private static double Coordinate(string text)
        => double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value : throw new BadInputException($"--context: {BadInputException.Quote(text)} is no finite number; expected numbers separated by commas, such as 0.5,-1.");

    private static (int Side, int Channels) ImageOf(string model, int d)
    {
        foreach (int channels in (ReadOnlySpan<int>)[1, 3])
        {
            int side = (int)Math.Round(Math.Sqrt(d / (double)channels));
            if (side * side * channels == d) return (side, channels);
        }

        throw new BadInputException($"{model}: {d} features are no square image, grey or RGB; write .npy or .csv instead.");
    }

    // A logit in front says what black and white are; other models' samples are shown from the lowest to the highest value.
    private static (float Low, float High) Range<T>(Flow<T> flow, T[] samples) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (flow.Transforms[0] is Logit<T> logit) return ((float)logit.Low, (float)logit.High);
        return Ends(samples);
    }

    private static (float Low, float High) Ends<T>(T[] samples) where T : unmanaged, IFloatingPointIeee754<T>
    {
        float low = float.CreateTruncating(samples.Min()), high = float.CreateTruncating(samples.Max());
        return low < high ? (low, high) : (low, low + 1);
    }

    private sealed record Request(string Model, string Out, string Format, int Count, ulong Seed, InverseKind Inverse, int Threads, DeviceChoice Device, double[] Context);
}
