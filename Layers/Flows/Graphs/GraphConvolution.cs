using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A graph convolution: y = S X W + b, S the normalised adjacency, X one row of features a node.</summary>
/// <remarks>
/// Without X the features are the identity, and y = S W + b: W has one row a node, and nothing of nodes x nodes is formed. Parameters {scope}.weight [in x out],
/// uniform within sqrt(6/(in + out)) (Glorot), and {scope}.bias [1 x out]. Cost: 2 nodes in out + 2 (nodes + 2 edges) out flops. Source: Kipf and Welling 2017.
/// </remarks>
public sealed class GraphConvolution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _weight = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the layer.</summary>
    /// <param name="inputs">Columns of features; of identity features the number of nodes.</param>
    /// <param name="outputs">Columns out.</param>
    /// <exception cref="ArgumentException">A width is less than 1.</exception>
    public GraphConvolution(int inputs, int outputs)
    {
        BijectorGuard.Dimension("graph convolution: number of inputs", inputs);
        BijectorGuard.Dimension("graph convolution: number of outputs", outputs);
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>Columns in.</summary>
    public int Inputs { get; }

    /// <summary>Columns out.</summary>
    public int Outputs { get; }

    /// <summary>Adds the parameters, with start values from <paramref name="seed"/>.</summary>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached("graph convolution", _weight);
        if ((long)Inputs * Outputs > Array.MaxLength) throw new ArgumentException($"{scope}: {Inputs} x {Outputs} weights are more than one layer can have; make it narrower.");
        var weight = new double[Inputs * Outputs];
        RandomFill.Uniform<double>(seed, 0, 0, weight);
        double limit = Math.Sqrt(6.0 / (Inputs + Outputs));
        for (int i = 0; i < weight.Length; i++) weight[i] = limit * ((2 * weight[i]) - 1);
        _weight = store.AddParameter($"{scope}.weight", Inputs, Outputs, weight);
        _bias = store.AddParameter($"{scope}.bias", 1, Outputs, decay: false);
    }

    /// <summary>Records y [nodes x out].</summary>
    /// <param name="tape">Where.</param>
    /// <param name="graph">S.</param>
    /// <param name="x">Features [nodes x in]; <see cref="Var.None"/> for the identity.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public Var Record(Tape<T> tape, RecordedGraph graph, Var x)
    {
        BijectorGuard.Attached("graph convolution", _weight);
        if (!x.IsNone) BijectorGuard.Width("graph convolution", Inputs, x);
        Var projected = x.IsNone ? _weight : tape.MatMul(x, _weight);
        return tape.Add(tape.SparseMatMul(graph.Values, graph.Columns, graph.Starts, projected.Rows, projected), _bias);
    }
}
