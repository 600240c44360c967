using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A weight held at a largest singular value, with the left singular vector found last as a buffer.</summary>
internal static class SpectralWeight<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MostSteps = 50_000;

    // Steps of the iteration on the start weight: a network starts with bounds that hold nearly.
    private const int StartSteps = 100;

    private static double Tolerance => Math.Max(1e-12, 8 * Precision<T>.Epsilon);

    /// <summary>Left singular vector of a start weight [rows x cols], nearly.</summary>
    public static double[] StartVector(ReadOnlySpan<double> weight, int rows, int cols, ulong seed)
    {
        double[] u = new double[rows], v = new double[cols];
        RandomFill.Gaussian<double>(seed, 1, 0, u);
        PowerIteration.Run(weight, rows, cols, u, v, StartSteps, 0);
        return u;
    }

    /// <summary>Records min(1, bound / sigma(W)) W: one step of the iteration while training, its vector kept if <paramref name="keep"/>; otherwise until the bound is exact, keeping nothing.</summary>
    public static Var Record(Tape<T> tape, Var weight, Var vector, double bound, bool train, bool keep)
    {
        (Var bounded, Var found) = train
            ? SpectralNormOp<T>.Record(tape, weight, vector, bound, 1)
            : SpectralNormOp<T>.Record(tape, weight, vector, bound, MostSteps, Tolerance);
        if (train && keep) BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(found).Part(0, vector.Length), tape.ValueOf(vector));
        return bounded;
    }

    /// <summary>What evaluation multiplies the weight by, found on the host as there: an iteration that starts beside the largest singular vector may stop at another, and a certificate must know.</summary>
    public static double Factor(ParameterStore<T> store, ReadOnlySpan<double> weight, int rows, int cols, Var vector, double bound)
    {
        double sigma = PowerIteration.Run(weight, rows, cols, SingularValues.Read(store, vector), new double[cols], MostSteps, Tolerance);
        return sigma <= bound ? 1 : bound / sigma;
    }
}
