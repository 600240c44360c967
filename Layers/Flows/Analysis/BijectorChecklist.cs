using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The checks of <see cref="JacobianAudit"/>, one after the other.</summary>
internal sealed class BijectorChecklist
{
    private const double Epsilon = 2.220446049250313e-16;

    private readonly BijectorUnderTest _map;
    private readonly BijectorAuditOptions _limits;
    private readonly List<AuditCheck> _checks = [];
    private readonly int _d, _count;
    private readonly double[] _x, _z, _back, _logDet, _inverseLogDet;
    private readonly double[] _largest, _smallest, _brute, _inverseBrute;

    public BijectorChecklist(BijectorUnderTest map, double[] points, BijectorAuditOptions limits)
    {
        (_map, _limits, _x, _d) = (map, limits, points, map.Dimension);
        _count = points.Length / _d;
        (_z, _logDet) = map.Run(points, inverse: false);
        (_back, _inverseLogDet) = map.Run(_z, inverse: true);
        (_largest, _smallest, _brute, _inverseBrute) = (new double[_count], new double[_count], new double[_count], new double[_count]);
    }

    public BijectorAudit Run()
    {
        if (Finite())
        {
            Jacobians();
            RoundTrip();
            LogDets();
            Sum();
            Conditioning();
            Rows();
            Gradients(inverse: false);
            Gradients(inverse: true);
        }
        Far();
        double condition = Enumerable.Range(0, _count).Max(r => _largest[r] / _smallest[r]);
        return new BijectorAudit(_count, _d, _checks, _largest.Max(), _smallest.Min(), condition);
    }

    // Nothing further can be said of a map that is not finite where it is asked.
    private bool Finite()
    {
        string bad = "";
        foreach ((string what, double[] values) in ((string, double[])[])[("f(x)", _z), ("log-det", _logDet), ("f^-1(f(x))", _back), ("log-det of the inverse", _inverseLogDet)])
            if (bad.Length == 0 && values.AsSpan().ContainsAnyExceptInRange(double.MinValue, double.MaxValue)) bad = $"{what} is not finite for {values.Count(v => !double.IsFinite(v))} of {values.Length} numbers";
        Add("finite", bad.Length == 0, bad.Length == 0 ? 0 : 1, 0, bad.Length == 0 ? $"values and log-determinants at {_count} points" : bad);
        return bad.Length == 0;
    }

    private void Jacobians()
    {
        double worst = 0;
        int at = 0;
        for (int r = 0; r < _count; r++)
        {
            double[] byDifferences = _map.JacobianByDifferences(Point(_x, r), false), jacobian = _map.HasTape ? _map.Jacobian(Point(_x, r), false) : byDifferences;
            double off = 0, size = 1e-300;
            for (int i = 0; i < jacobian.Length; i++) (off, size) = (Math.Max(off, Math.Abs(jacobian[i] - byDifferences[i])), Math.Max(size, Math.Abs(byDifferences[i])));
            if (!(off / size <= worst)) (worst, at) = (off / size, r);
            _brute[r] = DenseJacobian.LogAbsDet(jacobian, _d);
            _inverseBrute[r] = DenseJacobian.LogAbsDet(_map.HasTape ? _map.Jacobian(Point(_z, r), true) : _map.JacobianByDifferences(Point(_z, r), true), _d);
            var singular = new double[_d];
            Svd.Values<double>(jacobian, _d, _d, singular);
            (_largest[r], _smallest[r]) = (singular[0], singular[^1]);
        }

        if (!_map.HasTape) Skip("derivative of the map", "plain functions: Jacobians by central differences alone");
        else Add("derivative of the map", worst <= _limits.Differences, worst, _limits.Differences, Say($"backward passes against central differences: {worst:G3} relative (point {at})"));
    }

    private void RoundTrip()
    {
        (double worst, int at, double plain) = (0, 0, 0);
        for (int i = 0; i < _x.Length; i++)
        {
            plain = Math.Max(plain, Math.Abs(_back[i] - _x[i]));
            // One rounding of z is stretched by the inverse's largest derivative on its way back.
            double explained = 100 * Epsilon / _smallest[i / _d] * Math.Max(1, Largest(_z, i / _d));
            double off = Math.Max(0, Math.Abs(_back[i] - _x[i]) - explained) / Math.Max(1, Math.Abs(_x[i]));
            if (off > worst) (worst, at) = (off, i / _d);
        }
        Add("round trip x, z, x", worst <= _limits.RoundTrip, worst, _limits.RoundTrip,
            worst <= _limits.RoundTrip ? Say($"true error {plain:G3}") : Say($"f^-1(f(x)) is off by {worst:G3} at point {at}: {Inexact(worst)}"));

        double[] again = _map.Run(_back, inverse: false).Output;
        (worst, at, double otherWay) = (0, 0, 0);
        for (int i = 0; i < _z.Length; i++)
        {
            otherWay = Math.Max(otherWay, Math.Abs(again[i] - _z[i]));
            double explained = 100 * Epsilon * _largest[i / _d] * Math.Max(1, Largest(_x, i / _d));
            double off = Math.Max(0, Math.Abs(again[i] - _z[i]) - explained) / Math.Max(1, Math.Abs(_z[i]));
            if (off > worst) (worst, at) = (off, i / _d);
        }
        Add("round trip z, x, z", worst <= _limits.RoundTrip, worst, _limits.RoundTrip,
            worst <= _limits.RoundTrip ? Say($"true error {otherWay:G3}") : Say($"f(f^-1(z)) is off by {worst:G3} at point {at}: {Inexact(worst)}"));
    }

    private static string Inexact(double error)
        => error < 0.5 ? "the inverse is near but not there, as an iteration that stops by its step and not by its error" : "it is the inverse of another map";

    private void LogDets()
    {
        LogDet("forward log-det", _logDet, _brute, false);
        LogDet("inverse log-det", _inverseLogDet, _inverseBrute, true);
        double size = _brute.Max(Math.Abs);
        if (size < 1e-6) Skip("log-det is not 0", Say($"at most {size:G2} at every point: a wrong sign or factor would not show; choose other points or parameters, unless the map keeps volumes"));
    }

    private void LogDet(string name, double[] values, double[] brute, bool inverse)
    {
        double limit = _map.HasTape ? _limits.LogDet : _limits.Differences, worst = 0, plain = 0;
        int at = 0;
        for (int r = 0; r < _count; r++)
        {
            plain = Math.Max(plain, Math.Abs(values[r] - brute[r]));
            double explained = 50 * Epsilon * _d * _largest[r] / _smallest[r], off = Math.Max(0, Math.Abs(values[r] - brute[r]) - explained) / Math.Max(1, Math.Abs(brute[r]));
            if (!(off <= worst)) (worst, at) = (off, r);
        }
        string by = _map.HasTape ? "backward passes" : "central differences";
        string text = worst <= limit ? Say($"against brute force by {by}: off by {plain:G3}") : Say($"{values[at]:G8} where brute force by {by} has {brute[at]:G8} (point {at}){Nature(values, brute, inverse)}");
        Add(name, worst <= limit, worst, limit, text);
    }

    private string Nature(double[] values, double[] brute, bool inverse)
    {
        if (inverse)
        {
            // The forward formula at the inverse's input instead of at its output.
            double[] misplaced = _map.Run(_z, inverse: false).LogDet;
            if (Enumerable.Range(0, _count).All(r => Math.Abs(values[r] + misplaced[r]) <= 1e-6 * Math.Max(1, Math.Abs(values[r]))))
                return ": it is minus the forward log-determinant at z itself, not at f^-1(z): evaluated at the wrong point";
        }
        string nature = LogDetMismatch.Nature(values, brute) is { } n ? ": " + n : "";
        bool otherIsRight = inverse && Enumerable.Range(0, _count).All(r => Math.Abs(_logDet[r] - _brute[r]) <= 1e-8 * Math.Max(1, Math.Abs(_brute[r])));
        return otherIsRight ? nature + "; the forward direction is right, so the two were written differently" : nature;
    }

    private void Sum()
    {
        (double worst, int at, double plain) = (0, 0, 0);
        for (int r = 0; r < _count; r++)
        {
            plain = Math.Max(plain, Math.Abs(_logDet[r] + _inverseLogDet[r]));
            double explained = 50 * Epsilon * _d * _largest[r] / _smallest[r], off = Math.Max(0, Math.Abs(_logDet[r] + _inverseLogDet[r]) - explained) / Math.Max(1, Math.Abs(_logDet[r]));
            if (off > worst) (worst, at) = (off, r);
        }
        bool flipped = worst > _limits.LogDet && Enumerable.Range(0, _count).All(r => Math.Abs(_logDet[r] - _inverseLogDet[r]) <= 1e-6);
        Add("forward + inverse log-det", worst <= _limits.LogDet, worst, _limits.LogDet,
            worst <= _limits.LogDet ? Say($"sum at most {plain:G3}") : Say($"{_logDet[at]:G8} and {_inverseLogDet[at]:G8} should cancel, but leave {_logDet[at] + _inverseLogDet[at]:G3} (point {at}){(flipped ? ": one of the two has the wrong sign" : "")}"));
    }

    private void Conditioning()
    {
        double condition = 0;
        for (int r = 0; r < _count; r++) condition = Math.Max(condition, _largest[r] / _smallest[r]);
        Add("conditioning", condition * Epsilon <= _limits.Conditioning, condition * Epsilon, _limits.Conditioning,
            Say($"singular values from {_smallest.Min():G4} to {_largest.Max():G4}, condition at most {condition:G4}; in single precision a round trip loses a factor of that"));
    }

    private void Rows()
    {
        double worst = 0;
        for (int r = 0; r < _count; r++)
        {
            (double[] one, double[] logDet) = _map.Run(Point(_x, r), inverse: false);
            for (int i = 0; i < _d; i++) worst = Math.Max(worst, Math.Abs(one[i] - _z[(r * _d) + i]) / Math.Max(1, Math.Abs(one[i])));
            worst = Math.Max(worst, Math.Abs(logDet[0] - _logDet[r]) / Math.Max(1, Math.Abs(logDet[0])));
        }
        const double Limit = 1e-12;
        if (_map.HasTape) Add("row independence", worst <= Limit, worst, Limit, worst <= Limit ? Say($"a row alone is the row in its batch: {worst:G3}") : Say($"a row alone differs from the row in its batch by {worst:G3}: rows depend on each other"));
        else Skip("row independence", "plain functions see one point at a time");
    }

    // The gradient of sum(w output) + sum(log-det), of the points and along one direction of the parameters, against differences.
    private void Gradients(bool inverse)
    {
        string name = inverse ? "gradients, inverse" : "gradients, forward";
        if (!_map.HasTape)
        {
            Skip(name, "plain functions have none");
            return;
        }

        double[] rows = inverse ? _z : _x, weights = new double[rows.Length], direction = new double[rows.Length];
        RandomFill.Gaussian<double>(0x6772, 0, 0, weights);
        RandomFill.Gaussian<double>(0x6772, 1, 0, direction);
        (double[] ofInput, double[] ofParameters) = _map.Gradient(rows, weights, inverse);
        if (ofInput.Concat(ofParameters).Any(v => !double.IsFinite(v)))
        {
            Add(name, false, 1, 0, "a gradient is not finite at these points");
            return;
        }

        double worst = 0;
        string where = "";
        Compare("input", ofInput, direction, step => Loss(Moved(rows, direction, step), weights, inverse), ref worst, ref where);
        ParameterStore<double> store = _map.Store!;
        foreach (ParameterStore<double>.Entry p in store.Parameters)
        {
            double[] value = store.Read(p.Var), along = new double[value.Length];
            RandomFill.Gaussian<double>(0x6772, 2, (ulong)p.Var.Offset, along);
            Compare(p.Name, ofParameters.AsSpan(p.Var.Offset, p.Var.Length).ToArray(), along, step =>
            {
                store.Write(p.Var, Moved(value, along, step));
                return Loss(rows, weights, inverse);
            }, ref worst, ref where);
            store.Write(p.Var, value);
        }
        Add(name, worst <= _limits.Gradient, worst, _limits.Gradient, worst <= _limits.Gradient ? "finite, and what differences say along random directions" : $"gradient of {where}");
    }

    private void Compare(string what, double[] gradient, double[] direction, Func<double, double> loss, ref double worst, ref string where)
    {
        double analytic = 0, length = 0;
        for (int i = 0; i < gradient.Length; i++) (analytic, length) = (analytic + (gradient[i] * direction[i]), length + (direction[i] * direction[i]));
        double h = 1e-4 / Math.Sqrt(length), size = Math.Max(1, Math.Abs(loss(0)));
        double coarse = (loss(h) - loss(-h)) / (2 * h), fine = (loss(h / 2) - loss(-h / 2)) / h, numeric = ((4 * fine) - coarse) / 3;
        // What differences of a loss of this size can tell at all.
        double noise = 100 * Epsilon * size / h, off = Math.Max(0, Math.Abs(analytic - numeric) - noise) / Math.Max(1, Math.Abs(numeric));
        if (off <= worst) return;
        worst = off;
        where = Say($"{what} is {analytic:G6} along a random direction, differences say {numeric:G6}{(gradient.All(g => g == 0) ? ": none flows at all" : "; a part of it, such as the log-determinant's, is missing or wrong")}");
    }

    private double Loss(double[] rows, double[] weights, bool inverse)
    {
        (double[] output, double[] logDet) = _map.Run(rows, inverse);
        double sum = logDet.Sum();
        for (int i = 0; i < output.Length; i++) sum += output[i] * weights[i];
        return sum;
    }

    private void Far()
    {
        if (_limits.Far <= 0)
        {
            Skip("far away", "left out");
            return;
        }

        double[] far = [.. _x];
        for (int r = 0; r < _count; r++)
        {
            double largest = Largest(_x, r);
            for (int i = 0; i < _d && largest > 0; i++) far[(r * _d) + i] *= _limits.Far / largest;
        }

        (double[] z, double[] logDet) = _map.Run(far, inverse: false);
        string bad = "";
        if (!z.All(double.IsFinite)) bad = "f(x) is not finite";
        else if (!logDet.All(double.IsFinite)) bad = Say($"the log-determinant is {logDet.First(v => !double.IsFinite(v))} where f(x) is finite: it is computed by way of a number that overflows or vanishes, such as log(1 - tanh^2)");
        else if (_map.HasTape)
        {
            var weights = new double[far.Length];
            Array.Fill(weights, 1);
            (double[] ofInput, double[] ofParameters) = _map.Gradient(far, weights, inverse: false);
            if (ofInput.Concat(ofParameters).Any(v => !double.IsFinite(v))) bad = "a gradient is not finite where values are: a branch that is not selected sends 0 times infinity back";
        }
        Add("far away", bad.Length == 0, bad.Length == 0 ? 0 : 1, 0, Say($"at a largest coordinate of {_limits.Far:G4}: {(bad.Length == 0 ? "values, log-determinants and gradients are finite" : bad)}"));
    }

    private double[] Point(double[] rows, int r) => rows[(r * _d)..((r + 1) * _d)];

    private double Largest(double[] rows, int r)
    {
        double largest = 0;
        for (int i = r * _d; i < (r + 1) * _d; i++) largest = Math.Max(largest, Math.Abs(rows[i]));
        return largest;
    }

    private static double[] Moved(double[] from, double[] direction, double step)
    {
        double[] moved = [.. from];
        for (int i = 0; i < moved.Length; i++) moved[i] += step * direction[i];
        return moved;
    }

    // Numbers are written the same in every culture.
    private static string Say(FormattableString text) => FormattableString.Invariant(text);

    private void Add(string name, bool passed, double measured, double allowed, string text) => _checks.Add(new AuditCheck(name, passed, measured, allowed, text));

    private void Skip(string name, string why) => _checks.Add(new AuditCheck(name, null, double.NaN, double.NaN, why));
}
