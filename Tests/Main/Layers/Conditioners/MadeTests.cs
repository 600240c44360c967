using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The masked network: outputs of a feature see the features before it, all of them, and nothing else.</summary>
public sealed class MadeTests
{
    public static TheoryData<bool, bool, int, bool> Forms
    {
        get
        {
            var forms = new TheoryData<bool, bool, int, bool>();
            foreach (bool residual in (bool[])[false, true])
                foreach (bool random in (bool[])[false, true])
                    foreach (int context in (int[])[0, 3])
                        foreach (bool simd in (bool[])[false, true]) forms.Add(residual, random, context, simd);
            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void TheJacobianIsStrictlyTriangularInTheOrderExactly(bool residual, bool random, int context, bool simd)
    {
        int[] order = [2, 0, 4, 1, 3];
        const int each = 3;
        using IBackend<double> backend = simd ? new SimdBackend<double>(1) : new ReferenceBackend<double>();
        var made = new Made<double>(each, order, new MadeSettings([17, 17, 17], Activation.Tanh, residual, random), context);
        using ParameterStore<double> store = Built(made, backend);
        using var tape = new Tape<double>(backend, store);
        var x = new PhiloxNormals(3);
        Var v = tape.Input(x.Take(5), 1, 5, needsGrad: true), c = context == 0 ? Var.None : tape.Input(x.Take(context), 1, context, needsGrad: true);
        Var y = made.Output(tape, made.Hidden(tape, v, c));
        Assert.Equal("1x15", y.Shape);
        int[] place = new int[5];
        for (int k = 0; k < 5; k++) place[order[k]] = k;
        for (int o = 0; o < y.Length; o++)
        {
            var seed = new double[y.Length];
            seed[o] = 1;
            tape.Backward(y, seed);
            var row = new double[5];
            tape.ReadGrad(v, row);
            for (int i = 0; i < 5; i++)
            {
                if (place[i] < place[o / each]) Assert.NotEqual(0.0, row[i]);
                else Assert.Equal(0.0, row[i]);
            }
            if (context == 0) continue;
            var byContext = new double[context];
            tape.ReadGrad(c, byContext);
            if (place[o / each] > 0) Assert.DoesNotContain(0.0, byContext);
        }
    }

    [Fact]
    public void OneFeaturesOutputsAreThoseOfTheWhole()
    {
        using var backend = new SimdBackend<double>(1);
        var made = new Made<double>(4, [1, 0, 2], new MadeSettings([9, 6], Activation.Silu));
        using ParameterStore<double> store = Built(made, backend);
        using var tape = new Tape<double>(backend, store);
        Var hidden = made.Hidden(tape, tape.Input(new PhiloxNormals(4).Take(21), 7, 3), Var.None);
        double[] all = Values(tape, made.Output(tape, hidden));
        for (int j = 0; j < 3; j++)
        {
            double[] own = Values(tape, made.Output(tape, hidden, j));
            for (int r = 0; r < 7; r++)
                for (int k = 0; k < 4; k++) Assert.Equal(all[(r * 12) + (j * 4) + k], own[(r * 4) + k], 1e-14);
        }
    }

    [Fact]
    public void RandomDegreesComeFromTheSeed()
    {
        using var backend = new ReferenceBackend<double>();
        double[] Mask(ulong seed)
        {
            var made = new Made<double>(1, [0, 1, 2, 3, 4, 5], new MadeSettings([40], RandomDegrees: true));
            using var store = new ParameterStore<double>(backend);
            made.Attach(store, "layer", seed, []);
            store.Build();
            return store.Read(store.Find("layer.made.initial.mask"));
        }

        Assert.Equal(Mask(1), Mask(1));
        Assert.NotEqual(Mask(1), Mask(2));
    }

    [Theory]
    [InlineData(new[] { 0, 0, 1 }, new[] { 4 }, false, "order[1] is 0")]
    [InlineData(new[] { 0, 3, 1 }, new[] { 4 }, false, "order[1] is 3")]
    [InlineData(new[] { 0, 1 }, new int[0], false, "hidden is empty")]
    [InlineData(new[] { 0, 1 }, new[] { 4, 0 }, false, "hidden[1] is 0")]
    [InlineData(new[] { 0, 1 }, new[] { 4, 5 }, true, "all widths must be equal")]
    public void WhatCannotBeIsRefused(int[] order, int[] hidden, bool residual, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => new Made<double>(1, order, new MadeSettings(hidden, Residual: residual)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static ParameterStore<double> Built(Made<double> made, IBackend<double> backend)
    {
        var store = new ParameterStore<double>(backend);
        made.Attach(store, "layer", 9, []);
        store.Build();
        return store;
    }

    private static double[] Values(Tape<double> tape, Var v)
    {
        var values = new double[v.Length];
        tape.Read(v, values);
        return values;
    }
}
