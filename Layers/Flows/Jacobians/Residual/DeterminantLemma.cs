using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The log-determinant of x + f(h(x)) where h(x) has r numbers, fewer than D: det(I_D + F H) = det(I_r + H F), F = df/dh [D x r], H = dh/dx [r x D]. Exact.</summary>
/// <remarks>2 r backward passes of half the map each and one r x r LU a sample, instead of D passes and a D x D LU: with one hidden layer of width r, H F = diag(a') W1 W2. Source: Sylvester's identity; Rezende and Mohamed 2015 for r = 1; van den Berg et al. 2018.</remarks>
public sealed class DeterminantLemma<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int OnStack = 512;

    /// <inheritdoc/>
    public string Name => "determinant-lemma";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Exact;

    /// <inheritdoc/>
    public bool NeedsContraction => false;

    /// <inheritdoc/>
    public bool NeedsWaist => true;

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: the narrow value is needed.</exception>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step) => Record(tape, output, input, Var.None);

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, Var waist, ulong key, long step) => Record(tape, output, input, waist);

    /// <summary>Records log|det(I + J)| [rows x 1].</summary>
    /// <exception cref="NotSupportedException">There is no narrow value.</exception>
    public static Var Record(Tape<T> tape, Var output, Var input, Var waist)
    {
        if (waist.IsNone) throw new NotSupportedException("determinant-lemma: the map does not pass through fewer numbers than it has features; use exact.");
        int rows = input.Rows, r = waist.Cols;
        Var basis = ExactJacobian.Basis(tape, rows, r);
        Span<Var> row = r <= OnStack ? stackalloc Var[r] : new Var[r];
        for (int i = 0; i < r; i++)
        {
            // Row i of H, taken on through F.
            Var h = tape.Vjp(waist, input, basis with { Offset = basis.Offset + (i * rows * r), Rows = rows });
            row[i] = tape.Vjp(output, waist, h);
        }
        Var small = (r == 1 ? row[0] : tape.ConcatColumns(row)).Reshape(rows * r, r);
        return tape.BatchedLogAbsDet(ExactJacobian.IdentityPlus(tape, small));
    }

    /// <inheritdoc/>
    public EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension)
    {
        double[] a = jacobian.ToArray();
        for (int i = 0; i < dimension; i++) a[(i * dimension) + i] += 1;
        return new EstimatorMoments(DenseJacobian.LogAbsDet(a, dimension), 0);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
