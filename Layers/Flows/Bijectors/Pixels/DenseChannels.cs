using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>W itself: parameter weight [C x C], a random orthogonal matrix at the start. Log-determinant and inverse by LU, 2/3 C^3 flops each.</summary>
internal sealed class DenseChannels<T>(int channels) : IChannelMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _weight = Var.None;

    public string Form => "dense";

    public Var Attach(ParameterStore<T> store, string scope, ulong seed)
        => _weight = store.AddParameter($"{scope}.weight", channels, channels, RandomOrthogonal.Matrix(seed, channels));

    public Var Matrix(Tape<T> tape) => _weight;

    // Row j of the solution is W^-1 e_j, a column of the inverse.
    public Var Inverse(Tape<T> tape) => tape.Transpose(tape.SolveRows(_weight, tape.Identity(channels)));

    public Var LogDet(Tape<T> tape, double factor) => tape.Scale(tape.LogAbsDet(_weight), factor);

    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
