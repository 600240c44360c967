using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// W = L U P: a fixed permutation of the channels, then a matrix as <see cref="LinearLu{T}"/> has it, diag U = softplus(u) + eps. Parameters
/// lower_entries, upper_entries [1 x C(C-1)/2] row by row, unconstrained_upper_diag [1 x C]; buffer order (channel j of P x is channel order[j] of x),
/// random. L U = I at the start.
/// </summary>
internal sealed class PermutedLuChannels<T>(int channels, double eps) : IChannelMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _lower = Var.None;
    private Var _upper = Var.None;
    private Var _diagonal = Var.None;
    private Var _order = Var.None;

    public string Form => "perm-lu";

    public Var Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        var order = new int[channels];
        for (int i = 0; i < channels; i++) order[i] = i;
        RandomFill.Shuffle(seed, 0, order);
        int entries = channels * (channels - 1) / 2;
        if (entries > 0)
        {
            _lower = store.AddParameter($"{scope}.lower_entries", 1, entries);
            _upper = store.AddParameter($"{scope}.upper_entries", 1, entries);
        }
        _order = store.AddBuffer($"{scope}.order", 1, channels, Array.ConvertAll(order, static i => (double)i));
        return _diagonal = store.AddParameter($"{scope}.unconstrained_upper_diag", 1, channels, SoftplusStart.Ones(channels, eps));
    }

    public Var Matrix(Tape<T> tape) => tape.ScatterAddColumns(tape.MatMul(L(tape), U(tape)), _order, channels);

    public Var Inverse(Tape<T> tape)
    {
        Var solved = tape.SolveTriangularRows(U(tape), tape.SolveTriangularRows(L(tape), tape.Identity(channels), lower: true, unit: true), lower: false);
        return tape.Transpose(tape.ScatterAddColumns(solved, _order, channels));
    }

    public Var LogDet(Tape<T> tape, double factor) => tape.Sum(tape.Log(Diagonal(tape)), factor);

    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("eps", eps);

    private Var Diagonal(Tape<T> tape) => tape.AddConstant(tape.Softplus(_diagonal), eps);

    private Var L(Tape<T> tape) => tape.UnpackTriangle(_lower, Var.None, channels, lower: true);

    private Var U(Tape<T> tape) => tape.UnpackTriangle(_upper, Diagonal(tape), channels, lower: false);
}
