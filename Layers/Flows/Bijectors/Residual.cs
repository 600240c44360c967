using System.Buffers;
using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = x + g(x) with a network g of Lipschitz constant at most c below 1 (an i-ResNet block, a step of a residual flow). log|det(I + J)| [batch x 1], exact in evaluation; in training as the estimator says.</summary>
/// <remarks>
/// The inverse iterates x := z - g(x) until c / (1 - c) times the last change, which bounds the distance to the solution, is below a few units in the
/// last place; then one recorded Newton step x - (I + J)^-1 (x + g(x) - z), J constant, gives the implicit gradient. Cost: forward one pass of g and the
/// estimator's; exact D backward passes of g and one LU a sample. Sources: Behrmann et al. 2019; Chen et al. 2019.
/// </remarks>
public sealed class Residual<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _hidden;
    private readonly SmoothActivation _activation;
    private readonly LipschitzMlp<T> _net;
    private readonly int _blockRows;
    private ulong _stream;

    /// <summary>Makes the block.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="hidden">Widths of g's hidden layers.</param>
    /// <param name="activation">Between the layers of g.</param>
    /// <param name="lipschitz">Bound c on the Lipschitz constant of g, between 0 and 1.</param>
    /// <param name="logDet">Log-determinant in training; null for the exact one.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Residual(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation = SmoothActivation.LipSwish, double lipschitz = 0.9, ILogDetEstimator<T>? logDet = null)
    {
        _net = new LipschitzMlp<T>(dimension, hidden, activation, lipschitz);
        (Dimension, _hidden, _activation, Lipschitz) = (dimension, hidden.ToArray(), activation, lipschitz);
        LogDet = logDet ?? new ExactLogDet<T>();
        LogDet.CheckDimension(dimension);
        if (LogDet.NeedsWaist && _net.WaistWidth == 0)
            throw new ArgumentException($"log_det is {LogDet.Name}, which needs a hidden layer narrower than the {dimension} features, hidden is [{string.Join(", ", _hidden)}]; narrow one, or use one of: {string.Join(", ", LogDetRegistry.Names.Where(n => n != LogDet.Name))}.");
        _blockRows = EvaluationBlocks<T>.Rows(_net.Widest);
    }

    /// <inheritdoc/>
    public string Kind => "residual";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>Bound c on the Lipschitz constant of g.</summary>
    public double Lipschitz { get; }

    /// <summary>How the log-determinant is treated in training.</summary>
    public ILogDetEstimator<T> LogDet { get; }

    /// <summary>From a recipe entry: dimension, hidden ([64, 64]), activation (lipswish), lipschitz (0.9), log_det (exact).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Residual<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("residual", config);
        int dimension = reader.Integer("dimension", 1);
        int[] hidden = reader.Integers("hidden", [64, 64]);
        SmoothActivation activation = SmoothActivations.Read(reader, SmoothActivation.LipSwish);
        double lipschitz = reader.Number("lipschitz", 0.9);
        JsonElement? logDet = reader.OptionalObject("log_det");
        return reader.Make(() => new Residual<T>(dimension, hidden, activation, lipschitz, logDet is { } d ? LogDetRegistry.Read<T>(new ConfigReader("residual: log_det", d), lipschitz) : null));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _net.FirstWeight);
        _stream = seed;
        _net.Attach(store, scope, seed);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _net.FirstWeight);
        if (EvaluationBlocks<T>.Apply(tape, x, c, _blockRows)) return EvaluationBlocks<T>.Run(tape, this, x, c, inverse: false, _blockRows);
        bool train = c.Mode == FlowMode.Train;
        _net.Prepare(tape, train, keep: !c.Provisional);
        Var input = BijectorGuard.NotDetached(tape, x), g = _net.Record(tape, input), z = tape.Add(input, g);
        if (!train) return FlowStep.Exact(z, ExactLogDet<T>.Record(tape, g, input));
        Var logDet = LogDet.Record(tape, g, input, _net.Waist, SeedMix.Of(c.Key, _stream), c.Step);
        return new FlowStep(z, logDet, LogDet.Value, LogDet.Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    /// <remarks>Exact in training too.</remarks>
    /// <exception cref="NotConvergedException">The iteration did not reach its accuracy.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _net.FirstWeight);
        if (EvaluationBlocks<T>.Apply(tape, z, c, _blockRows)) return EvaluationBlocks<T>.Run(tape, this, z, c, inverse: true, _blockRows);
        _net.Prepare(tape, train: false);
        Var near = FixedPoint(tape, z, 64 * Precision<T>.Epsilon / (1 - Lipschitz)), x = ImplicitStep.Record(tape, near, _net.Record(tape, near), z, plusIdentity: true);
        Var logDet = ExactLogDet<T>.Record(tape, _net.Record(tape, x), x);
        return FlowStep.Exact(x, tape.Scale(logDet, -1));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => new(1 + Lipschitz, 1 / (1 - Lipschitz), double.PositiveInfinity);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteStartArray("hidden");
        foreach (int width in _hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", SmoothActivations.Names[(int)_activation]);
        json.WriteNumber("lipschitz", Lipschitz);
        json.WriteStartObject("log_det");
        json.WriteString("name", LogDet.Name);
        LogDet.WriteConfig(json);
        json.WriteEndObject();
    }

    /// <summary>The iteration alone, values only: every row within <paramref name="accepted"/> max(1, |x|, |z|) of the solution.</summary>
    internal Var Approximate(Tape<T> tape, Var z, double accepted)
    {
        _net.Prepare(tape, train: false);
        return FixedPoint(tape, z, accepted);
    }

    // Values only. The distance to the solution is at most c / (1 - c) times the last change (Banach).
    private Var FixedPoint(Tape<T> tape, Var z, double accepted)
    {
        Var x = tape.Allocate(z.Rows, z.Cols, needsGrad: false);
        BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(z), tape.ValueOf(x));
        T[] before = ArrayPool<T>.Shared.Rent(z.Length), after = ArrayPool<T>.Shared.Rent(z.Length), target = ArrayPool<T>.Shared.Rent(z.Length);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        try
        {
            tape.Read(z, target.AsSpan(0, z.Length));
            tape.Read(x, before.AsSpan(0, z.Length));
            double bound = Lipschitz / (1 - Lipschitz), worst = 0;
            // Each step takes the error times c: from any float to the last digit of it in these many, with room for rounding.
            int most = 100 + (int)(200 / -Math.Log(Lipschitz));
            for (int step = 0; step < most; step++)
            {
                TapeMark mark = tape.Mark();
                Var next = tape.Subtract(z, _net.Record(tape, x));
                BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(next), tape.ValueOf(x));
                tape.Release(mark);
                tape.Read(x, after.AsSpan(0, z.Length));
                worst = bound * WorstChange(before, after, target, z.Rows, z.Cols);
                if (worst <= accepted) return x;
                (before, after) = (after, before);
            }
            throw new NotConvergedException($"{Kind}: the inverse is still off by a relative {worst:G2} after {most} steps with a Lipschitz constant of {Lipschitz}; lower lipschitz or compute in double.");
        }
        finally
        {
            tape.RecordsGradients = recorded;
            ArrayPool<T>.Shared.Return(before);
            ArrayPool<T>.Shared.Return(after);
            ArrayPool<T>.Shared.Return(target);
        }
    }

    // Largest |change| of a row over max(1, |x|, |z|). A row that is no number stays as it is and is not waited for.
    private static double WorstChange(T[] before, T[] after, T[] target, int rows, int cols)
    {
        double worst = 0;
        for (int r = 0; r < rows; r++)
        {
            double change = 0, length = 0, goal = 0;
            for (int i = r * cols; i < (r + 1) * cols; i++)
            {
                double a = double.CreateTruncating(after[i]), d = a - double.CreateTruncating(before[i]), t = double.CreateTruncating(target[i]);
                change += d * d;
                length += a * a;
                goal += t * t;
            }
            double relative = Math.Sqrt(change / Math.Max(1, Math.Max(length, goal)));
            if (relative > worst) worst = relative;
        }
        return worst;
    }
}
