using NativeFlow.Cli.Latent;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class Bose2020EstimatorTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void TheTermIsMinusTheLogVolumeOfTheExponentialMap(double radius)
    {
        using LatentModel<double> model = LatentModels.Create<double>(new LatentModelOptions { Kind = LatentModelKind.Hvae, DataDimension = 3, Latent = 4, Hidden = 5, Radius = radius });
        double[] w = [0.3, -0.2, 0.5, 1, 2, 1, -3, 0.1, -0.01, 0.02, 0, 0.03], term = new double[3];
        using var tape = new Tape<double>(model.Backend, model.Store) { RecordsGradients = false };
        Var latent = tape.Input(w, 3, 4);
        tape.Read(new Bose2020Estimator<double>().Record(tape, model, new LatentDraw(latent, latent, latent)), term);
        for (int row = 0; row < 3; row++)
        {
            double r = Math.Sqrt(w.Skip(4 * row).Take(4).Sum(v => v * v)) / radius;
            Assert.Equal(-3 * (Math.Log(radius) + Math.Log(Math.Sinh(r) / r)), term[row], 1e-9);
        }
    }

    [Fact]
    public void FlatModelsHaveNoSuchTerm()
    {
        using LatentModel<double> model = LatentModels.Create<double>(new LatentModelOptions { Kind = LatentModelKind.VaeNc, DataDimension = 3, Latent = 2, Hidden = 5 });
        var term = new double[2];
        using var tape = new Tape<double>(model.Backend, model.Store) { RecordsGradients = false };
        Var latent = tape.Input([1.0, 2, 3, 4], 2, 2);
        tape.Read(new Bose2020Estimator<double>().Record(tape, model, new LatentDraw(latent, latent, latent)), term);
        Assert.Equal([0.0, 0.0], term);
    }
}
