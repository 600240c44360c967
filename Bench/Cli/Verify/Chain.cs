using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Several bijectors as one, for cases that store a whole chain as one layer. Entries are {scope}.{i}.name.</summary>
internal sealed class Chain<T>(IReadOnlyList<IBijector<T>> layers) : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public string Kind => "chain";

    public int Dimension => layers[0].Dimension;

    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        for (int i = 0; i < layers.Count; i++) layers[i].Attach(store, $"{scope}.{i}", SeedMix.Of(seed, (ulong)i));
    }

    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        FlowStep sum = FlowStep.Exact(x, tape.Constant(0));
        for (int i = 0; i < layers.Count; i++) sum = Plus(tape, sum, layers[i].Forward(tape, sum.Output, c));
        return sum;
    }

    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        FlowStep sum = FlowStep.Exact(z, tape.Constant(0));
        for (int i = layers.Count - 1; i >= 0; i--) sum = Plus(tape, sum, layers[i].Inverse(tape, sum.Output, c));
        return sum;
    }

    public void WriteConfig(Utf8JsonWriter json) => throw new NotSupportedException("A chain is made for a golden case; it has no recipe.");

    private static FlowStep Plus(Tape<T> tape, in FlowStep sum, in FlowStep step)
        => step with { LogAbsDet = step.LogAbsDet.Rows >= sum.LogAbsDet.Rows ? tape.Add(step.LogAbsDet, sum.LogAbsDet) : tape.Add(sum.LogAbsDet, step.LogAbsDet) };
}
