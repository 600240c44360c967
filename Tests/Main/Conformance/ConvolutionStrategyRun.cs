using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>One training gradient of z = w * x + b under a strategy, and the same on plain arrays through the dense matrix of the whole map.</summary>
internal sealed class ConvolutionStrategyRun
{
    public double[] GradW { get; private init; } = [];
    public double[] GradB { get; private init; } = [];
    public double[] GradR { get; private init; } = [];
    public double[] GradX { get; private init; } = [];
    public double[] Z { get; private init; } = [];
    public double LogDet { get; private init; }
    public double Penalty { get; private init; }
    public FlowStep Step { get; private init; }

    /// <summary>Loss = mean(-log N(z) - log-determinant) + penalty, or the penalty alone; r replaces the learned inverse kernel.</summary>
    public static ConvolutionStrategyRun Of(
        IJacobianStrategy<double> strategy, ConvShape shape, double[] w, double[] b, double[]? r, double[] x, IBackend<double> backend, bool penaltyOnly = false)
    {
        int d = shape.InLength, rows = x.Length / d;
        using var store = new ParameterStore<double>(backend);
        Var weight = store.AddParameter("weight", shape.OutChannels, shape.WeightColumns, w), bias = store.AddParameter("bias", 1, shape.OutChannels, b);
        SiteKinds kind = shape.Circular ? SiteKinds.CircularConvolution : SiteKinds.Convolution;
        JacobianSite site = strategy.Attach(store, new JacobianSite(kind, "site", d, weight, bias) { Stream = 5, Convolution = shape }, w);
        store.Build();
        bool learned = site.InverseWeight.Chunk == Var.ParameterChunk && strategy is SelfNormalizing<double>;
        if (r is not null && learned) store.Write(site.InverseWeight, r);
        using var tape = new Tape<double>(backend, store);
        Var input = tape.Input(x, rows, d, needsGrad: true);
        FlowStep step = strategy.Record(tape, site, input, new StepContext { Mode = FlowMode.Train, Key = 11, Step = 3 });
        Var loss = tape.Sum(tape.Add(tape.StandardNormalLogProb(step.Output), step.LogAbsDet), -1.0 / rows);
        if (!step.Penalty.IsNone) loss = penaltyOnly ? step.Penalty : tape.Add(loss, step.Penalty);
        tape.Backward(loss);
        double[] z = new double[rows * d], gx = new double[rows * d];
        tape.Read(step.Output, z);
        tape.ReadGrad(input, gx);
        return new ConvolutionStrategyRun
        {
            GradW = store.ReadGradient(weight),
            GradB = store.ReadGradient(bias),
            GradR = learned ? store.ReadGradient(site.InverseWeight) : [],
            GradX = gx,
            Z = z,
            LogDet = tape.Scalar(step.LogAbsDet),
            Penalty = step.Penalty.IsNone ? 0 : tape.Scalar(step.Penalty),
            Step = step,
        };
    }

    /// <summary>The dense matrix of the map, entry by entry from its definition.</summary>
    public static double[] Matrix(ConvShape shape, double[] w)
    {
        var t = new double[shape.OutLength * shape.InLength];
        foreach ((int tap, int row, int column) in Places(shape)) t[(row * shape.InLength) + column] += w[tap];
        return t;
    }

    /// <summary>The transposed of <see cref="Matrix"/>: of a matrix, for each tap the sum of its places.</summary>
    public static double[] Collapse(ConvShape shape, double[] matrix)
    {
        var w = new double[shape.WeightLength];
        foreach ((int tap, int row, int column) in Places(shape)) w[tap] += matrix[(row * shape.InLength) + column];
        return w;
    }

    private static IEnumerable<(int Tap, int Row, int Column)> Places(ConvShape s)
    {
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                    for (int j = 0; j < s.KernelWidth; j++)
                        for (int h = 0; h < s.Height; h++)
                            for (int v = 0; v < s.Width; v++)
                            {
                                int y = h + i - s.AnchorRow, x = v + j - s.AnchorColumn;
                                if (s.Circular) (y, x) = (Wrap(y, s.Height), Wrap(x, s.Width));
                                else if (y < 0 || y >= s.Height || x < 0 || x >= s.Width) continue;
                                yield return ((((((o * s.InChannels) + c) * s.KernelHeight) + i) * s.KernelWidth) + j, (((o * s.Height) + h) * s.Width) + v, (((c * s.Height) + y) * s.Width) + x);
                            }
    }

    private static int Wrap(int i, int n) => ((i % n) + n) % n;
}
