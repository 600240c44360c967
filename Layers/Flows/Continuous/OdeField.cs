using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What is integrated: f(t, x), and beside it the quantities tr J and, where penalties are wanted, |f|^2 and |J|^2 (J = df/dx), one column each.</summary>
/// <param name="Net">f.</param>
/// <param name="Basis">From <see cref="ExactJacobian.Basis"/>, for the exact Jacobian; none where there is a probe.</param>
/// <param name="Probe">Probes e, held over the whole solve: tr J is then e^T J e and |J|^2 is |J^T e|^2.</param>
/// <param name="Penalties">Whether the last two columns are there.</param>
internal readonly record struct OdeField<T>(TimeMlp<T> Net, Var Basis, Var Probe, bool Penalties) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Columns of the quantities.</summary>
    public int Quantities => Penalties ? 3 : 1;

    /// <summary>Records f [rows x D] and the quantities [rows x Quantities] at (t, x).</summary>
    public (Var F, Var Q) Record(Tape<T> tape, Var t, Var x)
    {
        Var f = Net.Record(tape, t, x), trace, norm = Var.None;
        if (Probe.IsNone)
        {
            Var jacobian = ExactJacobian.Record(tape, f, x, Basis);
            trace = ExactJacobian.Trace(tape, jacobian);
            if (Penalties) norm = ExactJacobian.SquaredNorm(tape, jacobian);
        }
        else
        {
            Var product = tape.Vjp(f, x, Probe);
            trace = HutchinsonTrace.OfProduct(tape, product, Probe);
            if (Penalties) norm = tape.SumColumns(tape.Square(product));
        }
        return (f, Penalties ? tape.ConcatColumns(trace, tape.SumColumns(tape.Square(f)), norm) : trace);
    }

    /// <summary>start + scale sum_i weights_i k_i, as ops.</summary>
    public static Var Combine(Tape<T> tape, Var start, ReadOnlySpan<Var> k, ReadOnlySpan<double> weights, double scale)
    {
        Var sum = start;
        for (int i = 0; i < weights.Length; i++)
            if (weights[i] != 0) sum = AddOp<T>.Record(tape, sum, k[i], scale * weights[i]);
        return sum;
    }
}
