using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Layers in a row that keep no activations: backward records each of them again. The map, its log|det| and its gradients are those of the layers; memory
/// is that of one layer, for the price of one more forward pass.
/// </summary>
/// <remarks>
/// From the input, every layer's input is kept: any layer will do, gradients are the same bits. From the output, only the last output is kept and inputs are rebuilt by
/// the layers' exact inverses, with their rounding. Sources: Chen et al. 2016 (recomputation); Gomez et al. 2017 (reversible layers).
/// </remarks>
public sealed class Recomputed<T> : IBijector<T>, IDataDependentNest<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly string[] Sources = ["input", "output"];

    private readonly IBijector<T>[] _layers;
    private readonly IBijector<T>[][] _singles;
    private readonly RecomputeOp<T>[] _ops;
    private bool _attached;

    /// <summary>Makes the bijector. The layers belong to it alone.</summary>
    /// <param name="layers">In the forward direction; all of one width.</param>
    /// <param name="from">What is kept.</param>
    /// <exception cref="ArgumentException">There is no layer; widths or contexts differ; or a layer without an exact inverse is to be recomputed from its output.</exception>
    public Recomputed(IReadOnlyList<IBijector<T>> layers, RecomputeFrom from = RecomputeFrom.Input)
    {
        if (layers.Count == 0) throw new ArgumentException("layers is empty; give at least one.");
        _layers = [.. layers];
        From = from;
        Dimension = layers[0].Dimension;
        for (int i = 0; i < _layers.Length; i++)
        {
            ContextWidth = Math.Max(ContextWidth, _layers[i].ContextWidth);
            if (_layers[i].EvaluationValue > EvaluationValue) EvaluationValue = _layers[i].EvaluationValue;
            if (from == RecomputeFrom.Output && !_layers[i].HasExactInverse)
                throw new ArgumentException($"layer {i} ({_layers[i].Kind}) has no exact inverse to rebuild its input with; set from to \"input\".");
        }
        LayerList.Check("recomputed", _layers, Dimension, ContextWidth);
        _singles = Array.ConvertAll(_layers, static l => new[] { l });
        _ops = from == RecomputeFrom.Output ? [new RecomputeOp<T>(_layers)] : Array.ConvertAll(_singles, static l => new RecomputeOp<T>(l));
    }

    ImageShape? IImageLayer.ImageIn => LayerList.FirstImage(_layers);

    ImageShape? IImageLayer.ImageOut => LayerList.LastImage(_layers);

    /// <inheritdoc/>
    public string Kind => "recomputed";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <inheritdoc/>
    public ValueKind EvaluationValue { get; } = ValueKind.Exact;

    /// <inheritdoc/>
    public bool HasExactInverse => Array.TrueForAll(_layers, static l => l.HasExactInverse);

    /// <summary>What is kept.</summary>
    public RecomputeFrom From { get; }

    /// <inheritdoc/>
    public IEnumerable<IBijector<T>> Inner => _layers;

    /// <summary>From a recipe entry: layers, from ("input" or "output"; input).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Recomputed<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("recomputed", config);
        List<IBijector<T>> layers = LayerList.Read<T>(reader.Array("layers"));
        var from = (RecomputeFrom)Array.IndexOf(Sources, reader.Choice("from", Sources[0], Sources));
        return reader.Make(() => new Recomputed<T>(layers, from));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        if (_attached) throw new InvalidOperationException($"{Kind}: it is attached already; a bijector belongs to one store, make another one.");
        _attached = true;
        for (int i = 0; i < _ops.Length; i++) _ops[i].Attach(store, scope, seed, i);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Record(tape, x, c, inverse: false);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Record(tape, z, c, inverse: true);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        LayerList.Write(json, "layers", _layers);
        json.WriteString("from", Sources[(int)From]);
    }

    bool IDataDependentNest<T>.IsInitialized(ParameterStore<T> store) => DataDependentStart.IsDone(_layers, store);

    Var IDataDependentNest<T>.Initialize(Tape<T> tape, Var x, in StepContext c)
    {
        Var h = x;
        foreach (IBijector<T>[] layer in _singles)
        {
            Var next = tape.Allocate(x.Rows, x.Cols, needsGrad: false);
            TapeMark mark = tape.Mark();
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(DataDependentStart.Run(tape, layer, h, c)), tape.ValueOf(next));
            tape.Release(mark);
            h = next;
        }
        return h;
    }

    private FlowStep Record(Tape<T> tape, Var x, in StepContext c, bool inverse)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        if (!_attached) throw new InvalidOperationException($"{Kind}: it is not attached to a store yet; call Attach before the store is built.");
        var sum = new StepSum(x);
        Var reconstruction = Var.None;
        for (int i = 0; i < _ops.Length; i++)
        {
            FlowStep step = _ops[inverse ? _ops.Length - 1 - i : i].Record(tape, sum.Output, c, inverse);
            if (!step.Reconstruction.IsNone) reconstruction = reconstruction.IsNone ? step.Reconstruction : tape.Add(reconstruction, step.Reconstruction);
            sum.Add(tape, step);
        }
        return sum.Finish(tape) with { Reconstruction = reconstruction };
    }
}
