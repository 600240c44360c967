using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Monotone networks of one number: tails that do not cancel, starts near the identity, refusals.</summary>
public sealed class NeuralTransformerTests
{
    // With one unit the logit undoes the logistic function: z = a x + b, however far out.
    [Theory]
    [InlineData("""{"kind":"dsf","units":1}""")]
    [InlineData("""{"kind":"ddsf","units":1,"layers":1}""")]
    public void OneUnitIsALineHoweverFarOut(string recipe)
    {
        double[] x = [-1e6, -1000, -40, -1, 0, 0.3, 38, 700, 1000, 1e6];
        double u = recipe.Contains("ddsf", StringComparison.Ordinal) ? Math.Log(Math.Exp(1 - 1e-6) - 1) : 0;
        double slope = Math.Log(1 + Math.Exp(0.7 + u)) + 1e-6;
        foreach ((double[] z, double[] logDet) in Both(recipe, x, [0.7, -0.4, 2]))
        {
            BijectorChecks.Close("z", z.Zip(x, (v, t) => v / Math.Max(1, Math.Abs(t))).ToArray(), x.Select(t => ((slope * t) - 0.4) / Math.Max(1, Math.Abs(t))).ToArray(), 1e-13);
            BijectorChecks.Close("log slope", logDet, x.Select(_ => Math.Log(slope)).ToArray(), 1e-9);
        }
    }

    // Far to the right the mixture's complement is that of its flattest unit: log(1 - y) = log w - a x - b.
    [Fact]
    public void TheTailsOfAMixtureAreThoseOfItsFlattestUnit()
    {
        double flat = Math.Log(2) + 1e-6, logW = 0.3 - Math.Log(Math.Exp(0.3) + Math.Exp(-0.2));
        double[] x = [-1000, 1000];
        foreach ((double[] z, double[] logDet) in Both("""{"kind":"dsf","units":2}""", x, [0, 3, 0.5, -1, 0.3, -0.2]))
        {
            BijectorChecks.Close("z", z, [(-1000 * flat) + 0.5 + logW, (1000 * flat) + 0.5 - logW], 1e-13);
            BijectorChecks.Close("log slope", logDet, [Math.Log(flat), Math.Log(flat)], 1e-9);
        }
    }

    [Theory]
    [InlineData("""{"kind":"dsf"}""")]
    [InlineData("""{"kind":"ddsf"}""")]
    [InlineData("""{"kind":"umnn"}""")]
    [InlineData("""{"kind":"monotone-mlp"}""")]
    public void InSinglePrecisionEverythingStaysFiniteFarOut(string recipe)
    {
        using var backend = new SimdBackend<float>(1);
        ITransformer<float> transformer = TransformerRegistry.Create<float>(JsonDocument.Parse(recipe).RootElement);
        using var store = new ParameterStore<float>(backend);
        transformer.Attach(store, "shared", 2);
        store.Build();
        int p = transformer.ParametersPerFeature;
        var start = new double[p];
        transformer.Start(start);
        double[] noise = new PhiloxNormals(8).Take(p);
        float[] raw = [.. start.Zip(noise, (a, b) => (float)(a + (0.5 * b)))], x = [-1000, -88, 0, 88, 1000];
        using var tape = new Tape<float>(backend, store);
        Var v = tape.Input(x, x.Length, 1, needsGrad: true), r = tape.Input(raw, 1, p, needsGrad: true);
        (Var z, Var logDet) = transformer.Forward(tape, v, r);
        tape.Backward(tape.Add(tape.Sum(z), tape.Sum(logDet)));
        float[] dx = new float[x.Length], draw = new float[p], values = new float[x.Length], logs = new float[x.Length];
        tape.ReadGrad(v, dx);
        tape.ReadGrad(r, draw);
        tape.Read(z, values);
        tape.Read(logDet, logs);
        Assert.All((float[])[.. dx, .. draw, .. values, .. logs], g => Assert.True(float.IsFinite(g), $"{recipe}: {g}"));
        Assert.All(dx, g => Assert.True(g > 0));
        for (int i = 1; i < x.Length; i++) Assert.True(values[i] > values[i - 1]);
    }

    [Theory]
    [InlineData("""{"kind":"dsf"}""", 0.25)]
    [InlineData("""{"kind":"ddsf"}""", 0.6)]
    [InlineData("""{"kind":"umnn"}""", 0.5)]
    public void StartsNearTheIdentity(string recipe, double within)
    {
        double[] x = [-2, -1, 0, 1, 2];
        foreach ((double[] z, double[] logDet) in Both(recipe, x, null))
            for (int i = 0; i < x.Length; i++)
            {
                Assert.InRange(z[i] - x[i], -within, within);
                Assert.InRange(logDet[i], -within, within);
            }
    }

    [Theory]
    [InlineData("""{"kind":"dsf","units":0}""", "whole number, at least 1")]
    [InlineData("""{"kind":"dsf","units":1001}""", "units is 1001")]
    [InlineData("""{"kind":"dsf","delta":1}""", "delta is 1")]
    [InlineData("""{"kind":"ddsf","layers":101}""", "layers is 101")]
    [InlineData("""{"kind":"ddsf","delta":-0.1}""", "delta is -0.1")]
    [InlineData("""{"kind":"umnn","nodes":1}""", "whole number, at least 2")]
    [InlineData("""{"kind":"umnn","nodes":1001}""", "nodes is 1001")]
    [InlineData("""{"kind":"umnn","hidden":[]}""", "hidden is empty")]
    [InlineData("""{"kind":"umnn","least_slope":1}""", "least_slope is 1")]
    [InlineData("""{"kind":"umnn","quadrature":"simpson"}""", "gauss-legendre, clenshaw-curtis")]
    [InlineData("""{"kind":"monotone-mlp","hidden":[4,1]}""", "hidden[1] is 1")]
    [InlineData("""{"kind":"monotone-mlp","embedding":1001}""", "embedding is 1001")]
    [InlineData("""{"kind":"monotone-mlp","units":3}""", "'units' is unknown")]
    public void WhatCannotBeIsRefused(string recipe, string message)
    {
        var error = Assert.Throws<BadInputException>(() => TransformerRegistry.Create<double>(JsonDocument.Parse(recipe).RootElement));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(JsonDocument.Parse(recipe).RootElement.GetProperty("kind").GetString()!, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"autoregressive","dimension":2,"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp"}}""", "the conditioner is of kind 'mlp'")]
    [InlineData("""{"kind":"autoregressive","dimension":2,"order":[0],"transformer":{"kind":"affine"},"conditioner":{"kind":"made"}}""", "'order' has 1 entries")]
    [InlineData("""{"kind":"autoregressive","dimension":2,"order":[1,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"made"}}""", "order[1] is 1")]
    [InlineData("""{"kind":"autoregressive","dimension":2,"transformer":{"kind":"affine"},"conditioner":{"kind":"made","residual":true,"hidden":[3,4]}}""", "all widths must be equal")]
    [InlineData("""{"kind":"autoregressive","dimension":2,"direction":"both","transformer":{"kind":"affine"},"conditioner":{"kind":"made"}}""", "one of maf, iaf")]
    [InlineData("""{"kind":"bnaf","dimension":2,"layers":1}""", "whole number, at least 2")]
    [InlineData("""{"kind":"bnaf","dimension":2,"residual":"full"}""", "gated, normal, none")]
    [InlineData("""{"kind":"iaf-gated","dimension":2,"hidden":4,"context":3}""", "must be 0 or 4")]
    public void LayersThatCannotBeAreRefused(string recipe, string message)
    {
        JsonElement entry = JsonDocument.Parse(recipe).RootElement;
        var error = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(entry.GetProperty("kind").GetString()!, entry));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    // z and log slope of every number, on both backends; with the given raw parameters, or the transformer's start.
    private static IEnumerable<(double[] Z, double[] LogDet)> Both(string recipe, double[] x, double[]? raw)
    {
        foreach (bool simd in (bool[])[false, true])
        {
            using IBackend<double> backend = simd ? new SimdBackend<double>(1) : new ReferenceBackend<double>();
            ITransformer<double> transformer = TransformerRegistry.Create<double>(JsonDocument.Parse(recipe).RootElement);
            using var store = new ParameterStore<double>(backend);
            transformer.Attach(store, "shared", 2);
            store.Build();
            if (raw is null)
            {
                raw = new double[transformer.ParametersPerFeature];
                transformer.Start(raw);
            }
            using var tape = new Tape<double>(backend, store);
            (Var z, Var logDet) = transformer.Forward(tape, tape.Input(x, x.Length, 1), tape.Input(raw, 1, raw.Length));
            double[] values = new double[x.Length], logs = new double[x.Length];
            tape.Read(z, values);
            tape.Read(logDet, logs);
            yield return (values, logs);
        }
    }
}
