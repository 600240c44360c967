using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Group splines: rational quadratic with linear tails. Every sample has its own parameters, so the op runs without a bijector.</summary>
internal static class SplineChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("rq_spline_linear_tails", new FixtureCheck<T>(["x", "unnormalized_widths", "unnormalized_heights", "unnormalized_derivatives", "ct.z", "ct.log_abs_det"], LinearTails));

    private static void LinearTails<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        int bins = (int)run.File.Number("num_bins"), elements = rows * cols;
        bool identity = run.File.Config.TryGetProperty("enable_identity_init", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        var settings = new SplineSettings(
            bins, run.File.Number("tail_bound"), run.File.Number("min_bin_width"), run.File.Number("min_bin_height"), run.File.Number("min_derivative"), identity);
        settings.Check();
        (string Name, int Length)[] parts = [("unnormalized_widths", bins), ("unnormalized_heights", bins), ("unnormalized_derivatives", bins - 1)];
        var raw = new T[elements * settings.RawLength];
        int start = 0;
        foreach ((string name, int length) in parts)
        {
            T[] part = run.Values(name, elements * length);
            for (int e = 0; e < elements; e++) part.AsSpan(e * length, length).CopyTo(raw.AsSpan(e * settings.RawLength + start));
            start += length;
        }

        using var tape = new Tape<T>(run.Backend);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true), p = tape.Input(raw, rows, cols * settings.RawLength, needsGrad: true);
        (Var z, Var logDet) = RationalQuadraticSplineOp<T>.Record(tape, x, p, settings);
        Var loss = tape.Add(tape.Sum(tape.Multiply(run.Load(tape, "ct.z", rows, cols), z)), tape.Sum(tape.Multiply(run.Load(tape, "ct.log_abs_det", rows, 1), logDet)));
        run.Compare("z", tape, z);
        run.Compare("log_abs_det", tape, logDet);
        tape.Backward(loss);
        run.CompareGrad("grad.x", tape, x);
        T[] gradient = CaseRun<T>.ReadGrad(tape, p);
        start = 0;
        foreach ((string name, int length) in parts)
        {
            var part = new T[elements * length];
            for (int e = 0; e < elements; e++) gradient.AsSpan(e * settings.RawLength + start, length).CopyTo(part.AsSpan(e * length));
            run.Compare("grad." + name, part);
            start += length;
        }

        (Var back, Var backLogDet) = RationalQuadraticSplineOp<T>.RecordInverse(tape, z.Detach(), p.Detach(), settings);
        run.Compare("x_rec", tape, back);
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)));
        double[] minus = Array.ConvertAll(CaseRun<T>.Widen(CaseRun<T>.Read(tape, logDet)), static v => -v);
        double moved = typeof(T) == typeof(float) ? MovedByALastDigit(CaseRun<T>.Widen(CaseRun<T>.Read(tape, z)), CaseRun<T>.Widen(raw), cols, settings) : 0;
        run.CompareTo("inverse log_abs_det (against -log_abs_det)", minus, CaseRun<T>.Widen(CaseRun<T>.Read(tape, backLogDet)), moved: new Allowance(LastDigit: moved));
    }

    // Where a spline is flat, the last digit of z in single precision, or of the knot that z is measured from, moves x by a thousand times
    // as much, and the slope with it. In double, by the reference: the row's sum of what one digit of each z does to the log-determinant.
    private static double MovedByALastDigit(double[] z, double[] raw, int cols, in SplineSettings settings)
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        Var parameters = tape.Input(raw, z.Length, settings.RawLength);
        double[] here = Of(z, settings), beyond = Of(Array.ConvertAll(z, static v => (double)MathF.BitIncrement((float)v)), settings);
        double most = 0;
        for (int start = 0; start < z.Length; start += cols)
        {
            double row = 0;
            for (int i = start; i < start + cols; i++) row += Math.Abs(beyond[i] - here[i]);
            most = Math.Max(most, row);
        }
        return most;

        double[] Of(double[] at, in SplineSettings settings)
            => CaseRun<double>.Read(tape, RationalQuadraticSplineOp<double>.RecordInverse(tape, tape.Input(at, at.Length, 1), parameters, settings).LogDet);
    }
}
