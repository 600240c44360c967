using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A pair of maps as the checks see it: values, and where there is a tape, Jacobians and gradients.</summary>
internal sealed class BijectorUnderTest
{
    private readonly ArrayMap? _forward, _inverse;
    private readonly Tape<double>? _tape;
    private readonly IBijector<double>? _bijector;

    public BijectorUnderTest(int dimension, ArrayMap forward, ArrayMap inverse) => (Dimension, _forward, _inverse) = (dimension, forward, inverse);

    public BijectorUnderTest(Tape<double> tape, IBijector<double> bijector) => (Dimension, _tape, _bijector) = (bijector.Dimension, tape, bijector);

    public int Dimension { get; }

    /// <summary>Whether derivatives can be taken.</summary>
    public bool HasTape => _tape is not null;

    public ParameterStore<double>? Store => _tape?.Store;

    /// <summary>Mapped points and log-determinants of some rows together.</summary>
    public (double[] Output, double[] LogDet) Run(double[] rows, bool inverse)
    {
        int d = Dimension, count = rows.Length / d;
        double[] output = new double[rows.Length], logDet = new double[count];
        if (_tape is null)
        {
            for (int r = 0; r < count; r++)
            {
                (double[] one, logDet[r]) = (inverse ? _inverse! : _forward!)(rows[(r * d)..((r + 1) * d)]);
                if (one.Length != d) throw new ArgumentException($"JacobianAudit: the {(inverse ? "inverse" : "forward")} map makes {one.Length} numbers of {d}; a bijection keeps the number.");
                one.CopyTo(output.AsSpan(r * d));
            }
            return (output, logDet);
        }

        _tape.Reset();
        FlowStep step = Record(_tape.Input(rows, count, d), inverse);
        Read(step, output, logDet);
        return (output, logDet);
    }

    /// <summary>[D x D] at a point by one backward pass of D rows.</summary>
    public double[] Jacobian(double[] point, bool inverse) => DenseJacobian.Of<double>(_tape!, point, (_, v) => Record(v, inverse).Output);

    /// <summary>[D x D] at a point by central differences with one Richardson step.</summary>
    public double[] JacobianByDifferences(double[] point, bool inverse)
    {
        int d = Dimension;
        var jacobian = new double[d * d];
        for (int j = 0; j < d; j++)
        {
            double h = 1e-4 * Math.Clamp(Math.Abs(point[j]), 1e-2, 1);
            for (int part = 0; part < 2; part++, h /= 2)
            {
                double[] up = [.. point], down = [.. point];
                up[j] += h;
                down[j] -= h;
                double[] a = Run(up, inverse).Output, b = Run(down, inverse).Output;
                for (int i = 0; i < d; i++) jacobian[(i * d) + j] += (part == 0 ? -1.0 : 4.0) / 3 * (a[i] - b[i]) / (2 * h);
            }
        }
        return jacobian;
    }

    /// <summary>The loss sum(weights * output) + sum(log-det), of it the gradient with respect to the rows and to the parameters.</summary>
    public (double[] Input, double[] Parameters) Gradient(double[] rows, double[] weights, bool inverse)
    {
        int d = Dimension, count = rows.Length / d;
        Tape<double> tape = _tape!;
        tape.Reset();
        Var x = tape.Input(rows, count, d, needsGrad: true);
        FlowStep step = Record(x, inverse);
        Var loss = tape.Add(tape.Sum(tape.Multiply(step.Output, tape.Input(weights, count, d))), tape.Sum(step.LogAbsDet, (double)count / step.LogAbsDet.Rows));
        // A second use of the rows, walked back first: whoever writes a gradient where it should add to one loses it.
        loss = tape.Add(loss, tape.Sum(x));
        tape.Backward(loss);
        double[] input = new double[rows.Length], parameters = new double[tape.Store!.Values.Length];
        tape.ReadGrad(x, input);
        for (int i = 0; i < input.Length; i++) input[i] -= 1;
        if (parameters.Length > 0) tape.Backend.Read(tape.Store.Gradients, parameters);
        return (input, parameters);
    }

    private FlowStep Record(Var x, bool inverse) => inverse ? _bijector!.Inverse(_tape!, x, new StepContext()) : _bijector!.Forward(_tape!, x, new StepContext());

    private void Read(in FlowStep step, double[] output, double[] logDet)
    {
        _tape!.Read(step.Output, output);
        if (step.LogAbsDet.Length == 1) logDet.AsSpan().Fill(_tape.Scalar(step.LogAbsDet));
        else _tape.Read(step.LogAbsDet, logDet);
    }
}
