using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// W = P L (U + diag(s)), L unit lower triangular, U strictly upper triangular, s = sign_s exp(log_s). log|det W| = sum of log_s: no factorisation.
/// Parameters lower_entries, upper_entries [1 x C(C-1)/2] row by row, log_s [1 x C]; buffers order (row i of W is row order[i] of L(U + diag(s))) and
/// sign_s, which stay as they start: the factors of a random orthogonal matrix. Source: Kingma and Dhariwal 2018, Glow, section 3.2.
/// </summary>
internal sealed class PluChannels<T>(int channels) : IChannelMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _lower = Var.None;
    private Var _upper = Var.None;
    private Var _logS = Var.None;
    private Var _signS = Var.None;
    private Var _order = Var.None;

    public string Form => "plu";

    public Var Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        double[] lu = RandomOrthogonal.Matrix(seed, channels);
        int[] pivots = RandomOrthogonal.Factor(lu, channels);
        int entries = channels * (channels - 1) / 2;
        double[] lower = new double[entries], upper = new double[entries], logS = new double[channels], signS = new double[channels], order = new double[channels];
        int below = 0, above = 0;
        for (int i = 0; i < channels; i++)
        {
            for (int j = 0; j < i; j++) lower[below++] = lu[(i * channels) + j];
            for (int j = i + 1; j < channels; j++) upper[above++] = lu[(i * channels) + j];
            logS[i] = Math.Log(Math.Abs(lu[(i * channels) + i]));
            signS[i] = Math.Sign(lu[(i * channels) + i]);
            order[pivots[i]] = i;
        }
        if (entries > 0)
        {
            _lower = store.AddParameter($"{scope}.lower_entries", 1, entries, lower);
            _upper = store.AddParameter($"{scope}.upper_entries", 1, entries, upper);
        }
        _order = store.AddBuffer($"{scope}.order", 1, channels, order);
        _signS = store.AddBuffer($"{scope}.sign_s", 1, channels, signS);
        return _logS = store.AddParameter($"{scope}.log_s", 1, channels, logS, decay: false);
    }

    public Var Matrix(Tape<T> tape) => tape.GatherRows(tape.MatMul(L(tape), U(tape)), _order);

    public Var Inverse(Tape<T> tape)
    {
        // W x = e_j is L U x = P^T e_j; row j of the permuted identity is P^T e_j.
        Var ux = tape.SolveTriangularRows(L(tape), tape.GatherRows(tape.Identity(channels), _order), lower: true, unit: true);
        return tape.Transpose(tape.SolveTriangularRows(U(tape), ux, lower: false));
    }

    public Var LogDet(Tape<T> tape, double factor) => tape.Sum(_logS, factor);

    public void WriteConfig(Utf8JsonWriter json)
    {
    }

    private Var L(Tape<T> tape) => tape.UnpackTriangle(_lower, Var.None, channels, lower: true);

    private Var U(Tape<T> tape) => tape.UnpackTriangle(_upper, tape.Multiply(_signS, tape.Exp(_logS)), channels, lower: false);
}
