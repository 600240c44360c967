using System.Globalization;
using System.Text;
using System.Text.Json;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The preset sphere on points drawn from a von Mises-Fisher density across the date line: fits it, is a density against the area, has no seam.</summary>
public sealed class SpherePresetTests
{
    private const double Concentration = 10;

    [Fact]
    public void ADensityAcrossTheDateLineIsLearned()
    {
        using TempFolder temp = new();
        string data = "sphere:" + temp.Put("points.csv", Points(4000)), run = temp.At("run"), model = Path.Combine(run, "model.safetensors");
        CommandLine.Succeed("train", "--model", "sphere", "--data", data, "--epochs", "20", "--out", run);
        using JsonDocument report = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--data", data, "--json"));
        // Entropy of the truth; the mean of 4000 rows has a standard error of 0.016.
        double entropy = Math.Log(4 * Math.PI * Math.Sinh(Concentration) / Concentration) - (Concentration / Math.Tanh(Concentration)) + 1;
        Assert.InRange(-report.RootElement.GetProperty("nats").GetDouble(), entropy - 0.08, entropy + 0.12);

        using Flow<float> flow = Flow<float>.Load(model);
        const int Longitudes = 200, Heights = 200;
        double mass = 0;
        for (int i = 0; i < Longitudes; i++)
        {
            float longitude = (float)(-Math.PI + ((i + 0.5) * Math.Tau / Longitudes));
            float[] log = flow.LogProb([.. Enumerable.Range(0, Heights).SelectMany(j => new[] { longitude, (float)(-1 + ((j + 0.5) * 2 / Heights)) })]);
            mass += log.Sum(v => Math.Exp(v)) * Math.Tau / Longitudes * 2 / Heights;
        }
        Assert.Equal(1, mass, 2e-3);

        const float End = 3.141592f;
        foreach (float height in (float[])[-0.9f, -0.2f, 0.3f, 0.5f, 0.95f])
        {
            float[] log = flow.LogProb([End, height, -End, height]);
            Assert.Equal(log[0], log[1], 1e-3f);
        }
        float[] samples = flow.Sample(500, 3);
        for (int i = 0; i < samples.Length; i += 2)
        {
            Assert.InRange(samples[i], -(float)Math.PI, (float)Math.PI);
            Assert.InRange(samples[i + 1], -1f, 1f);
        }
    }

    [Fact]
    public void DegreesThatAreNotReadAsSuchAreRefused()
    {
        using TempFolder temp = new();
        string degrees = temp.Put("points.csv", Points(200));
        CommandLine.RefuseInput(["train", "--model", "sphere", "--data", degrees, "--epochs", "1", "--out", temp.At("run")], "--data sphere:");
        CommandLine.RefuseInput(["train", "--model", "sphere", "--data", "optdigits", "--epochs", "1", "--out", temp.At("run")], "optdigits has 64 columns");
    }

    // Latitude and longitude in degrees, around 20 degrees north on the date line. The cosine w of the distance from the centre has a quantile function in closed form.
    private static string Points(int count)
    {
        var random = new PhiloxNormals(17);
        var text = new StringBuilder("lat,lon\n");
        double tilt = 20 * Math.PI / 180;
        for (int i = 0; i < count; i++)
        {
            double u = (i + 0.5) / count, a = random.Next(), b = random.Next(), r = Math.Sqrt((a * a) + (b * b));
            double w = 1 + (Math.Log(u + ((1 - u) * Math.Exp(-2 * Concentration))) / Concentration), s = Math.Sqrt(Math.Max(0, 1 - (w * w)));
            // Around (-1, 0, 0), then turned up.
            (double x, double y, double z) = (-w, s * a / r, s * b / r);
            (x, z) = ((x * Math.Cos(tilt)) + (z * Math.Sin(tilt)), (-x * Math.Sin(tilt)) + (z * Math.Cos(tilt)));
            text.Append(CultureInfo.InvariantCulture, $"{Math.Asin(Math.Clamp(z, -1, 1)) * 180 / Math.PI:R},{Math.Atan2(y, x) * 180 / Math.PI:R}\n");
        }
        return text.ToString();
    }
}
