namespace NativeFlow.Layers;

/// <summary>Coefficients of an explicit Runge-Kutta method: k_i = f(t + c_i h, x + h sum_j a_ij k_j), x := x + h sum_i b_i k_i.</summary>
internal sealed class Tableau(double[][] a, double[] b, double[] c, double[]? error = null)
{
    private static readonly Tableau s_euler = new([[]], [1], [0]);

    private static readonly Tableau s_midpoint = new([[], [0.5]], [0, 1], [0, 0.5]);

    private static readonly Tableau s_rk4 = new([[], [1.0 / 3], [-1.0 / 3, 1], [1, -1, 1]], [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8], [0, 1.0 / 3, 2.0 / 3, 1]);

    // The last row of a is b: the seventh stage is the first of the next step.
    private static readonly Tableau s_dopri5 = new(
        [
            [],
            [1.0 / 5],
            [3.0 / 40, 9.0 / 40],
            [44.0 / 45, -56.0 / 15, 32.0 / 9],
            [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
            [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
            [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
        ],
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0],
        [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1],
        [71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40]);

    /// <summary>Most stages of any method.</summary>
    public const int MostStages = 7;

    public double[][] A { get; } = a;

    public double[] B { get; } = b;

    public double[] C { get; } = c;

    /// <summary>b minus the b of the embedded method; empty where there is none.</summary>
    public double[] Error { get; } = error ?? [];

    public int Stages => B.Length;

    public static Tableau Of(OdeMethod method) => method switch
    {
        OdeMethod.Euler => s_euler,
        OdeMethod.Midpoint => s_midpoint,
        OdeMethod.Rk4 => s_rk4,
        OdeMethod.Dopri5 => s_dopri5,
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method."),
    };
}
