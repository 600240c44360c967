using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>One fully connected layer: y = x W^T + b, W [out x in], b [1 x out].</summary>
internal readonly record struct DenseLayer(Var Weight, Var Bias)
{
    /// <summary>Deviation of a last layer's weights, times that of the others: the flow starts near where its transformer starts.</summary>
    public const double LastLayerStart = 0.01;

    public static DenseLayer None => new(Var.None, Var.None);

    /// <summary>Adds {scope}.weight with deviation <paramref name="gain"/>/sqrt(in), and {scope}.bias that starts at <paramref name="bias"/> (0 where empty).</summary>
    /// <exception cref="ArgumentException">There are more weights than an array can hold.</exception>
    public static DenseLayer Attach<T>(ParameterStore<T> store, string scope, int inputs, int outputs, ulong seed, double gain = 1, ReadOnlySpan<double> bias = default)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] weight = StartWeights(scope, inputs, outputs, seed, gain);
        return new DenseLayer(store.AddParameter($"{scope}.weight", outputs, inputs, weight), store.AddParameter($"{scope}.bias", 1, outputs, bias, decay: false));
    }

    /// <summary>Adds {scope}.weight and {scope}.bias, both uniform in (-1, 1)/sqrt(in).</summary>
    /// <exception cref="ArgumentException">There are more weights than an array can hold.</exception>
    public static DenseLayer AttachUniform<T>(ParameterStore<T> store, string scope, int inputs, int outputs, ulong seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] weight = Numbers(scope, inputs, outputs), bias = new double[outputs];
        RandomFill.Uniform<double>(seed, 0, 0, weight);
        RandomFill.Uniform<double>(seed, 1, 0, bias);
        double bound = 1 / Math.Sqrt(inputs);
        for (int j = 0; j < weight.Length; j++) weight[j] = bound * (2 * weight[j] - 1);
        for (int j = 0; j < bias.Length; j++) bias[j] = bound * (2 * bias[j] - 1);
        return new DenseLayer(store.AddParameter($"{scope}.weight", outputs, inputs, weight), store.AddParameter($"{scope}.bias", 1, outputs, bias, decay: false));
    }

    /// <summary>The weights [out x in] with which <see cref="Attach"/> starts.</summary>
    /// <exception cref="ArgumentException">There are more weights than an array can hold.</exception>
    public static double[] StartWeights(string scope, int inputs, int outputs, ulong seed, double gain)
    {
        double[] weight = Numbers(scope, inputs, outputs);
        RandomFill.Gaussian<double>(seed, 0, 0, weight);
        double deviation = gain / Math.Sqrt(inputs);
        for (int j = 0; j < weight.Length; j++) weight[j] *= deviation;
        return weight;
    }

    private static double[] Numbers(string scope, int inputs, int outputs)
        => (long)outputs * inputs <= Array.MaxLength ? new double[outputs * inputs] : throw new ArgumentException($"{scope}: {outputs} x {inputs} weights are more than one layer can have; make it narrower.");

    /// <summary>Records y [batch x out]. A pass over y for the bias besides the product.</summary>
    public Var Record<T>(Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Add(tape.MatMul(x, Weight, transposeB: true), Bias);
}
