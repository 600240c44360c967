using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>W = H_1 ... H_K, each H = I - 2 v v^T / v.v with v a row of the parameter v [K x C]: orthogonal, log|det W| = 0, W^-1 = W^T. Gaussian directions at the start. Source: Tomczak and Welling 2016.</summary>
internal sealed class HouseholderChannels<T>(int channels, int reflections) : IChannelMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _vectors = Var.None;

    public string Form => "householder";

    public Var Attach(ParameterStore<T> store, string scope, ulong seed)
        => _vectors = store.AddParameter($"{scope}.v", reflections, channels, HouseholderReflections.Start(seed, reflections, channels), decay: false);

    // Applied to the rows of I, first reflection first: row j is W^T e_j, row j of W.
    public Var Matrix(Tape<T> tape) => HouseholderReflections.Apply(tape, tape.Identity(channels), _vectors, reverse: false);

    public Var Inverse(Tape<T> tape) => HouseholderReflections.Apply(tape, tape.Identity(channels), _vectors, reverse: true);

    public Var LogDet(Tape<T> tape, double factor) => tape.Constant(0);

    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("reflections", reflections);
}
