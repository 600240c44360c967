using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>One case on one backend: hands a check its inputs and takes what it computed.</summary>
internal sealed class CaseRun<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly HashSet<string> _inputs;
    private readonly HashSet<string> _compared = [];
    private readonly List<TensorResult> _results = [];

    private CaseRun(FixtureFile file, IBackend<T> backend, string[] inputs)
    {
        File = file;
        Backend = backend;
        _inputs = [.. inputs];
    }

    public FixtureFile File { get; }

    public IBackend<T> Backend { get; }

    /// <summary>Condition number of the case's matrix, for <see cref="ToleranceRule"/>; the check sets it where there is one.</summary>
    public double Condition { get; set; } = 1;

    /// <summary>By tensor, what rounding alone does to it, measured in double; allowed on top of its tolerance.</summary>
    public Dictionary<string, double> Moved { get; } = [];

    /// <summary>The same case in double on the reference, to measure what the run's precision does to it. What it compares counts for nothing.</summary>
    public CaseRun<double> InDouble() => new(File, new ReferenceBackend<double>(), [.. _inputs]);

    /// <summary>Runs the check and gives every comparison; a reason where it could not be finished.</summary>
    /// <exception cref="BadInputException">The file lacks something, or holds what no layer can be made of.</exception>
    public static CaseResult Execute(FixtureFile file, IBackend<T> backend, FixtureCheck<T> check)
    {
        var run = new CaseRun<T>(file, backend, check.Inputs);
        string? reason = null;
        try
        {
            check.Run(run);
            string[] left = [.. file.Tensors.Select(t => t.Name).Where(n => !run._inputs.Contains(n) && !run._compared.Contains(n))];
            if (left.Length > 0) reason = $"tensor {string.Join(", ", left)} not covered";
        }
        catch (ArithmeticException e)
        {
            reason = e.Message;
        }
        catch (BadInputException e) when (!e.Message.StartsWith(file.Path, StringComparison.Ordinal))
        {
            throw new BadInputException($"{file.Path}: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new BadInputException($"{file.Path}: no case of layer '{file.Layer}' can be made of it ({e.Message}); it is damaged or of another kind.", e);
        }
        return new CaseResult(file.Path, file.Case, file.Layer, backend.Name, run._results, reason);
    }

    public bool Has(string tensor) => File.Has(tensor);

    public int[] Shape(string tensor) => File.Shape(tensor);

    /// <summary>Rows of a tensor (its first size) and the product of the others.</summary>
    public (int Rows, int Cols) Matrix(string tensor)
    {
        int[] shape = Shape(tensor);
        if (shape.Length > 0 && shape.All(n => n > 0)) return (shape[0], shape.Skip(1).Aggregate(1, (p, n) => checked(p * n)));
        throw new BadInputException($"{File.Path}: tensor '{tensor}' has shape [{string.Join(", ", shape)}], expected a batch of one or more; the file is damaged or of another kind.");
    }

    /// <summary>Order of a square matrix.</summary>
    public int Order(string tensor)
    {
        int[] shape = Shape(tensor);
        return shape.Length == 2 && shape[0] == shape[1] && shape[0] > 0 ? shape[0]
            : throw new BadInputException($"{File.Path}: tensor '{tensor}' has shape [{string.Join(", ", shape)}], expected a square matrix; the file is damaged or of another kind.");
    }

    /// <summary>An input in double precision. Only what the check declares, or an output that it has computed and compared already: none can be fed back as its own answer.</summary>
    public double[] Input(string tensor, int count = -1)
    {
        if (!_inputs.Contains(tensor) && !_compared.Contains(tensor)) throw new InvalidOperationException($"The check of '{File.Layer}' reads '{tensor}' without naming it among its inputs.");
        double[] values = File.Read(tensor);
        if (count >= 0 && values.Length != count)
            throw new BadInputException($"{File.Path}: tensor '{tensor}' has {values.Length} values, expected {count}; the file is damaged or of another kind.");
        return values;
    }

    /// <summary>An input in the run's precision.</summary>
    public T[] Values(string tensor, int count = -1) => Narrow(Input(tensor, count));

    /// <summary>Copies an input of the given shape onto a tape.</summary>
    public Var Load(Tape<T> tape, string tensor, int rows, int cols, bool needsGrad = false)
        => tape.Input(Values(tensor, checked(rows * cols)), rows, cols, needsGrad);

    public static T[] Narrow(double[] values) => Array.ConvertAll(values, static v => T.CreateTruncating(v));

    public static double[] Widen(ReadOnlySpan<T> values)
    {
        var wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = double.CreateTruncating(values[i]);
        return wide;
    }

    /// <summary>Compares with the stored tensor of that name.</summary>
    public void Compare(string tensor, ReadOnlySpan<T> computed, Sensitivity sensitivity = Sensitivity.Plain)
        => Compare(tensor, Widen(computed), sensitivity);

    /// <summary>As the other, for what is computed in double whatever the run's precision; <paramref name="moved"/> as in <see cref="CompareTo"/>.</summary>
    public void Compare(string tensor, double[] computed, Sensitivity sensitivity = Sensitivity.Plain, Allowance moved = default)
    {
        _compared.Add(tensor);
        CompareTo(tensor, File.Read(tensor), computed, sensitivity, moved);
    }

    /// <summary>Compares where the file has the tensor.</summary>
    public void CompareIfStored(string tensor, ReadOnlySpan<T> computed, Sensitivity sensitivity = Sensitivity.Plain)
    {
        if (Has(tensor)) Compare(tensor, computed, sensitivity);
    }

    /// <summary>Compares with expected numbers that the file implies but does not store under a name of their own.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="computed">What it is.</param>
    /// <param name="sensitivity">What it depends on.</param>
    /// <param name="moved">Allowed on top.</param>
    public void CompareTo(string name, double[] expected, double[] computed, Sensitivity sensitivity = Sensitivity.Plain, Allowance moved = default)
    {
        if (expected.Length != computed.Length)
            throw new BadInputException($"{File.Path}: '{name}' is stored with {expected.Length} values, {computed.Length} belong to the stored inputs; the file is damaged or of another kind.");
        double scale = Scale(expected);
        Add(name, Worst(expected, computed) / scale, sensitivity, moved, scale);
    }

    private static double Scale(double[] expected)
    {
        double scale = 1;
        foreach (double b in expected)
            if (double.IsFinite(b)) scale = Math.Max(scale, Math.Abs(b));
        return scale;
    }

    private static double Worst(double[] expected, double[] computed)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (computed[i].Equals(expected[i])) continue;
            double error = Math.Abs(computed[i] - expected[i]);
            // NaN wins over every number and stays: it must not be lost in a maximum.
            if (double.IsNaN(error) || error > worst) worst = error;
            if (double.IsNaN(worst)) break;
        }
        return worst;
    }

    // The error, and where it is against moved numbers the one against the stored and how far they were moved.
    private void Add(string name, double error, Sensitivity sensitivity, Allowance moved, double scale, (double Error, double Argument)? stored = null)
    {
        moved = moved with { LastDigit = moved.LastDigit + Moved.GetValueOrDefault(name) };
        var result = new TensorResult(name, error, Allowed(sensitivity) + (moved.Total / scale));
        if (stored is { } plain) result = result with { Plain = plain.Error, PlainAllowed = result.Allowed + plain.Argument };
        if (typeof(T) == typeof(float) && result.AbovePlain && result.Ok)
            result = result with { Cause = moved.Explain(name, ToleranceRule.Beyond(File, sensitivity, Condition), scale, stored?.Argument ?? 0) };
        _results.Add(result);
    }

    /// <summary>
    /// Compares what a function makes of numbers that the run's precision may have to round (0.999999999999 is 1 in single, where a logit
    /// is infinite): the stored values are moved by what the rounding of the arguments does to the function in double.
    /// </summary>
    public void CompareFunction(string tensor, double[] arguments, ReadOnlySpan<T> computed, Func<double[], double[]> function)
    {
        _compared.Add(tensor);
        double[] stored = File.Read(tensor), expected = (double[])stored.Clone(), wide = Widen(computed), rounded = Widen(Narrow(arguments));
        double[] before = function(arguments), after = function(rounded);
        if (before.Length != expected.Length)
            throw new BadInputException($"{File.Path}: '{tensor}' is stored with {expected.Length} values, {before.Length} belong to the stored inputs; the file is damaged or of another kind.");
        for (int i = 0; i < expected.Length; i++)
            if (!after[i].Equals(before[i])) expected[i] += after[i] - before[i];
        if (wide.Length != expected.Length) throw new InvalidOperationException($"The check of '{File.Layer}' computes {wide.Length} values of '{tensor}', {expected.Length} are stored.");
        double scale = Scale(expected), plain = Scale(stored);
        Add(tensor, Worst(expected, wide) / scale, Sensitivity.Plain, default, scale, (Worst(stored, wide) / plain, Worst(stored, expected) / plain));
    }

    /// <summary>Runs a part of a check that may find its matrix singular. That is a failure, except where the tensors could not be judged anyway.</summary>
    public void Attempt(string[] tensors, Action part)
    {
        try
        {
            part();
        }
        catch (ArithmeticException) when (double.IsPositiveInfinity(Allowed(Sensitivity.Factor)))
        {
            foreach (string name in tensors)
                if (_compared.Add(name)) Add(name, double.NaN, Sensitivity.Factor, default, 1);
        }
    }

    /// <summary>Compares a value on a tape.</summary>
    public void Compare(string tensor, Tape<T> tape, Var v, Sensitivity sensitivity = Sensitivity.Plain) => Compare(tensor, Read(tape, v), sensitivity);

    /// <summary>Compares a gradient on a tape.</summary>
    public void CompareGrad(string tensor, Tape<T> tape, Var v, Sensitivity sensitivity = Sensitivity.Plain) => Compare(tensor, ReadGrad(tape, v), sensitivity);

    public static T[] Read(Tape<T> tape, Var v)
    {
        var values = new T[v.Length];
        tape.Read(v, values);
        return values;
    }

    public static T[] ReadGrad(Tape<T> tape, Var v)
    {
        var values = new T[v.Length];
        tape.ReadGrad(v, values);
        return values;
    }

    private double Allowed(Sensitivity sensitivity) => ToleranceRule.Allowed(File, typeof(T) == typeof(float), sensitivity, Condition);
}
