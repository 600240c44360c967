using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>A bijector whose directions are exchanged, for cases that store a layer's inverse as the way from data to latent.</summary>
internal sealed class Backwards<T>(IBijector<T> layer) : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public string Kind => "backwards";

    public int Dimension => layer.Dimension;

    public void Attach(ParameterStore<T> store, string scope, ulong seed) => layer.Attach(store, scope, seed);

    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => layer.Inverse(tape, x, c);

    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => layer.Forward(tape, z, c);

    public void WriteConfig(Utf8JsonWriter json) => throw new NotSupportedException("A reversed layer is made for a golden case; it has no recipe.");
}
