using System.Buffers;
using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Times and step lengths of the rows of a batch, each by its own error; rented memory. Passed by reference: what changes lies in the arrays.</summary>
internal readonly struct StepControl<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    // One row that is rejected costs all of them an attempt: more cautious than the usual 0.9.
    private const double Safety = 0.75, LeastFactor = 0.2, MostFactor = 10;
    private const int MostAttempts = 100_000;

    // Lengths lie on a grid of this many values an octave, so that the last digit of an error estimate, which may depend on the batch, hardly ever changes a step.
    private const double PerOctave = 8;

    private readonly OdeSolver _solver;
    private readonly int _rows;
    private readonly int _cols;
    private readonly double _end;
    private readonly double _sign;
    private readonly double _span;

    // Per row: time reached, length planned, length of this attempt, error of this attempt, whether this step was rejected before; then the attempts made.
    private readonly double[] _row;
    private readonly T[] _values;

    /// <param name="solver">Tolerances.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="cols">Columns of state and quantities together.</param>
    /// <param name="start">Time to start from.</param>
    /// <param name="end">Time to arrive at; before or after.</param>
    public StepControl(in OdeSolver solver, int rows, int cols, double start, double end)
    {
        (_solver, _rows, _cols, _end, _sign, _span) = (solver, rows, cols, end, Math.Sign(end - start), Math.Abs(end - start));
        _row = ArrayPool<double>.Shared.Rent((5 * rows) + 1);
        _values = ArrayPool<T>.Shared.Rent(3 * rows * Math.Max(cols, 1));
        Array.Clear(_row, 0, (5 * rows) + 1);
        Times.Fill(start);
    }

    private Span<double> Times => _row.AsSpan(0, _rows);

    private Span<double> Planned => _row.AsSpan(_rows, _rows);

    private Span<double> Lengths => _row.AsSpan(2 * _rows, _rows);

    private Span<double> Errors => _row.AsSpan(3 * _rows, _rows);

    private Span<double> Rejected => _row.AsSpan(4 * _rows, _rows);

    /// <summary>First step lengths from the size of the state and of its derivative (Hairer, Norsett and Wanner, II.4, without its second evaluation: a step grows up to tenfold).</summary>
    public void Start(Tape<T> tape, Var x, Var k)
    {
        Span<T> state = _values.AsSpan(0, x.Length), slope = _values.AsSpan(x.Length, k.Length);
        tape.Read(x, state);
        tape.Read(k, slope);
        for (int r = 0; r < _rows; r++)
        {
            double size = 0, speed = 0;
            for (int i = r * x.Cols; i < (r + 1) * x.Cols; i++)
            {
                double v = double.CreateTruncating(state[i]), scale = Scale(v, v), f = double.CreateTruncating(slope[i]) / scale;
                size += v / scale * (v / scale);
                speed += f * f;
            }
            (size, speed) = (Math.Sqrt(size / x.Cols), Math.Sqrt(speed / x.Cols));
            double first = size < 1e-5 || speed < 1e-5 ? 1e-3 * _span : 0.01 * size / speed;
            // A row that holds no number is carried to the end in one step.
            Planned[r] = double.IsFinite(first) ? OnGrid(Math.Min(first, _span)) : _span;
        }
    }

    /// <summary>Sets the lengths of the next step; false when every row has arrived.</summary>
    public bool Next()
    {
        bool some = false;
        for (int r = 0; r < _rows; r++)
        {
            double left = Math.Abs(_end - Times[r]);
            Lengths[r] = Planned[r] >= 0.999 * left ? left : Planned[r];
            Rejected[r] = 0;
            some |= Lengths[r] > 0;
        }
        return some;
    }

    /// <summary>Time and signed length of every row, [rows x 1] each.</summary>
    public (Var Time, Var Length) Columns(Tape<T> tape)
    {
        Span<T> column = _values.AsSpan(0, _rows);
        for (int r = 0; r < _rows; r++) column[r] = T.CreateTruncating(Times[r]);
        Var time = tape.Input(column, _rows, 1);
        for (int r = 0; r < _rows; r++) column[r] = T.CreateTruncating(_sign * Lengths[r]);
        return (time, tape.Input(column, _rows, 1));
    }

    /// <summary>Takes the error of every row: root mean square over its columns, relative to the tolerances.</summary>
    public void Judge(Tape<T> tape, Var error, Var before, Var after)
    {
        int n = _rows * _cols;
        Span<T> e = _values.AsSpan(0, n), old = _values.AsSpan(n, n), now = _values.AsSpan(2 * n, n);
        tape.Read(error, e);
        tape.Read(before, old);
        tape.Read(after, now);
        for (int r = 0; r < _rows; r++)
        {
            double sum = 0, size = 0;
            for (int i = r * _cols; i < (r + 1) * _cols; i++)
            {
                double a = double.CreateTruncating(old[i]), ratio = double.CreateTruncating(e[i]) / Scale(a, double.CreateTruncating(now[i]));
                sum += ratio * ratio;
                size += a;
            }
            double worst = Math.Sqrt(sum / _cols);
            // Out of a finite state into none: too far in one step. Out of none: nothing to be saved, and nothing hidden.
            Errors[r] = Lengths[r] == 0 ? 0 : double.IsNaN(worst) ? (double.IsFinite(size) ? double.PositiveInfinity : 0) : worst;
        }
    }

    /// <summary>Whether no row's error was too large; then times move on. Otherwise those rows' steps are made shorter.</summary>
    /// <exception cref="NotConvergedException">A step has become too short to move the time, or there are too many.</exception>
    public bool Accepts()
    {
        bool all = true;
        if (++_row[5 * _rows] > MostAttempts) throw Stuck($"{MostAttempts} steps were not enough");
        for (int r = 0; r < _rows; r++)
        {
            if (Errors[r] <= 1) continue;
            all = false;
            Rejected[r] = 1;
            Lengths[r] = OnGrid(Lengths[r] * Math.Max(LeastFactor, Safety * Math.Pow(Errors[r], -0.2)));
            if (Lengths[r] < 1e-14 * _span) throw Stuck($"the step at t = {Times[r]:G4} in row {r} fell below {Lengths[r]:G2}");
        }
        if (!all) return false;
        for (int r = 0; r < _rows; r++)
        {
            if (Lengths[r] == 0) continue;
            bool arrives = Lengths[r] == Math.Abs(_end - Times[r]);
            Times[r] = arrives ? _end : Times[r] + (_sign * Lengths[r]);
            double factor = Errors[r] == 0 ? MostFactor : Math.Clamp(Safety * Math.Pow(Errors[r], -0.2), LeastFactor, MostFactor);
            Planned[r] = OnGrid(Lengths[r] * (Rejected[r] == 1 ? Math.Min(1, factor) : factor));
        }
        return true;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        ArrayPool<double>.Shared.Return(_row);
        ArrayPool<T>.Shared.Return(_values);
    }

    // Rounded down; a length that lies on the grid stays.
    private double OnGrid(double length) => _span * Math.Pow(2, Math.Floor((PerOctave * Math.Log2(length / _span)) + 1e-6) / PerOctave);

    private double Scale(double a, double b) => _solver.AbsoluteTolerance + (_solver.RelativeTolerance * Math.Max(Math.Abs(a), Math.Abs(b)));

    private NotConvergedException Stuck(string what)
        => new($"cnf: {what} at rtol {_solver.RelativeTolerance:G2}, atol {_solver.AbsoluteTolerance:G2}; the field is too steep: raise the tolerances, regularise it, or compute in double.");
}
