using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Looks for points near the data where a flow is numerically not invertible: maximises |x - f^-1(f(x))|^2 by sign-gradient steps inside a ball
/// around every row, in the flow's own precision (Behrmann et al. 2021).
/// </summary>
/// <remarks>The gradient runs through f and f^-1 on one tape. Cost a step: two passes through both, one of them back as well; the other is for the random point.</remarks>
public static class InvertibilityAttack
{
    /// <summary>Attacks some rows.</summary>
    /// <param name="flow">The flow; must take no context.</param>
    /// <param name="x">Rows [rows x D].</param>
    /// <param name="scale">Scale of every feature, such as its standard deviation in the data [D].</param>
    /// <param name="options">How hard; null for the defaults.</param>
    /// <param name="stop">Ends the attack after the step under way; the report counts the steps made.</param>
    /// <exception cref="ArgumentException">The flow takes a context, the sizes do not fit, or a scale is not above 0.</exception>
    public static AttackReport Run<T>(Flow<T> flow, ReadOnlySpan<T> x, ReadOnlySpan<double> scale, AttackOptions? options = null, CancellationToken stop = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        options ??= new AttackOptions();
        options.Check();
        int d = flow.Dimension, rows = x.Length / d;
        if (flow.ContextWidth > 0) throw new ArgumentException($"InvertibilityAttack: the flow takes a context of {flow.ContextWidth} columns; only flows without one can be attacked.");
        if (rows < 1 || rows * d != x.Length || scale.Length != d) throw new ArgumentException($"InvertibilityAttack: {x.Length} numbers and {scale.Length} scales for {d} features; they must be whole rows and {d} scales.");
        foreach (double s in scale)
            if (!(s > 0) || !double.IsFinite(s)) throw new ArgumentException($"InvertibilityAttack: a scale is {s}; it must be finite and above 0.");

        using var tape = new Tape<T>(flow.Backend, flow.Store);
        var weights = new T[d];
        double[] centre = Array.ConvertAll(x.ToArray(), double.CreateTruncating), at = new double[x.Length], point = new double[x.Length];
        double[] reach = new double[d];
        for (int i = 0; i < d; i++) (weights[i], reach[i]) = (T.CreateTruncating(1 / scale[i]), options.Radius * scale[i]);
        double random = 0, attacked = 0;
        long badRandom = 0, badAttacked = 0;
        (double before, long badBefore) = Try(flow, tape, weights, centre, []);
        RandomPoint(0, at);
        int made = 0;
        var gradient = new T[x.Length];
        for (; made < options.Steps && !stop.IsCancellationRequested; made++)
        {
            (double now, long bad) = Try(flow, tape, weights, at, gradient);
            (attacked, badAttacked) = (Math.Max(attacked, now), badAttacked + bad);
            for (int i = 0; i < at.Length; i++)
            {
                double step = options.Step * reach[i % d];
                // A gradient that is no number leads nowhere.
                at[i] = Inside(i, at[i] + (gradient[i] > T.Zero ? step : gradient[i] < T.Zero ? -step : 0));
            }
            RandomPoint((ulong)made + 1, point);
            (double chance, long badChance) = Try(flow, tape, weights, point, []);
            (random, badRandom) = (Math.Max(random, chance), badRandom + badChance);
            options.Progress?.Invoke(made + 1, options.Steps);
        }

        return new AttackReport(rows, made, before, random, attacked, badBefore, badRandom, badAttacked);

        void RandomPoint(ulong number, double[] destination)
        {
            RandomFill.Uniform<double>(options.Key, number, 0, destination);
            for (int i = 0; i < destination.Length; i++) destination[i] = Inside(i, centre[i] + (((2 * destination[i]) - 1) * reach[i % d]));
        }

        double Inside(int i, double value) => Math.Clamp(Math.Clamp(value, centre[i] - reach[i % d], centre[i] + reach[i % d]), options.Low, options.High);
    }

    // Largest scaled error of the round trip, rows that are not finite; and the gradient of the squared errors, where there is room for it.
    private static (double Largest, long NonFinite) Try<T>(Flow<T> flow, Tape<T> tape, T[] weights, double[] points, T[] gradient) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = flow.Dimension, rows = points.Length / d;
        bool back = gradient.Length > 0;
        tape.Reset();
        tape.RecordsGradients = back;
        var c = new StepContext { Mode = FlowMode.Evaluate };
        Var x = tape.Input(Array.ConvertAll(points, T.CreateTruncating), rows, d, needsGrad: back);
        Var error = tape.Multiply(tape.Subtract(flow.Inverse(tape, flow.Forward(tape, x, c).Output, c).Output, x), tape.Input(weights, 1, d));
        var values = new T[points.Length];
        tape.Read(error, values);
        double largest = 0;
        long bad = 0;
        for (int r = 0; r < rows; r++)
        {
            double worst = 0;
            for (int i = r * d; i < (r + 1) * d; i++) worst = Math.Max(worst, Math.Abs(double.CreateTruncating(values[i])));
            if (double.IsFinite(worst)) largest = Math.Max(largest, worst);
            else bad++;
        }

        if (back)
        {
            tape.Backward(tape.Sum(tape.Square(error)));
            tape.ReadGrad(x, gradient);
        }
        return (largest, bad);
    }
}
