using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The log-determinant itself: D backward passes of the map for the Jacobian, one LU a sample. The oracle of the other estimators, and the right one for few features.</summary>
public sealed class ExactLogDet<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Exact;

    /// <inheritdoc/>
    public bool NeedsContraction => false;

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step) => Record(tape, output, input);

    /// <summary>Records log|det(I + J)| [rows x 1].</summary>
    public static Var Record(Tape<T> tape, Var output, Var input)
    {
        Var basis = ExactJacobian.Basis(tape, input.Rows, input.Cols);
        return tape.BatchedLogAbsDet(ExactJacobian.IdentityPlus(tape, ExactJacobian.Record(tape, output, input, basis)));
    }

    /// <inheritdoc/>
    public EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension) => new(SeriesMoments.LogDet(jacobian, dimension), 0);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
