using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Layers in a row with scopes and seeds as <see cref="Recomputed{T}"/> gives them, but recorded as they are: what recomputation is compared with.</summary>
internal sealed class PlainChain<T> : IBijector<T>, IDataDependentNest<T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
{
    private readonly IBijector<T>[] _layers;

    public PlainChain(IReadOnlyList<IBijector<T>> layers) => _layers = [.. layers];

    public string Kind => "plain-chain";

    public int Dimension => _layers[0].Dimension;

    public int ContextWidth => _layers.Max(l => l.ContextWidth);

    public void Attach(ParameterStore<T> store, string scope, ulong seed) => LayerList.Attach(_layers, store, scope, seed);

    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Record(tape, x, c, inverse: false);

    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Record(tape, z, c, inverse: true);

    public bool IsInitialized(ParameterStore<T> store) => DataDependentStart.IsDone(_layers, store);

    public Var Initialize(Tape<T> tape, Var x, in StepContext c) => DataDependentStart.Run(tape, _layers, x, c);

    public void WriteConfig(Utf8JsonWriter json) => LayerList.Write(json, "layers", _layers);

    private FlowStep Record(Tape<T> tape, Var x, in StepContext c, bool inverse)
    {
        var sum = new StepSum(x);
        Var reconstruction = Var.None;
        for (int i = 0; i < _layers.Length; i++)
        {
            IBijector<T> layer = _layers[inverse ? _layers.Length - 1 - i : i];
            FlowStep step = inverse ? layer.Inverse(tape, sum.Output, c) : layer.Forward(tape, sum.Output, c);
            if (!step.Reconstruction.IsNone) reconstruction = reconstruction.IsNone ? step.Reconstruction : tape.Add(reconstruction, step.Reconstruction);
            sum.Add(tape, step);
        }
        return sum.Finish(tape) with { Reconstruction = reconstruction };
    }
}
