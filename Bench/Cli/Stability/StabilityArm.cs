using System.Numerics;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>One arm: how the couplings scale, what is held in balance, and the learning rate.</summary>
internal sealed record StabilityArm(StabilityScale Scale, StabilityBalance Balance, double Rate)
{
    private const double DiagonalBound = 2;

    public string Label => FormattableString.Invariant($"{ScaleName}, {BalanceName}, lr {Rate:0e-0}");

    public string ScaleName => Scale switch
    {
        StabilityScale.Exp => "exp",
        StabilityScale.Sigmoid => "sigmoid(u+2)",
        StabilityScale.Tanh => "2 tanh(u/2)",
        StabilityScale.HalfSigmoid => "half-sigmoid",
        _ => "additive",
    };

    public string BalanceName => Balance switch
    {
        StabilityBalance.None => Scale == StabilityScale.Additive ? "bounded diagonal" : "none",
        StabilityBalance.Bounded => "bounded + penalty",
        _ => "volume",
    };

    public BiLipschitzPenalty? Penalty => Balance == StabilityBalance.Bounded ? new BiLipschitzPenalty() : null;

    public Flow<T> Build<T>(StabilitySetup setup, ulong seed, IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = setup.Dimension;
        var layers = new List<IBijector<T>>();
        if (Balance == StabilityBalance.Volume) layers.Add(new ActNorm<T>(d));
        for (int i = 0; i < setup.Couplings; i++)
        {
            var moved = new bool[d];
            for (int j = 0; j < d; j++) moved[j] = (j + i) % 2 == 0;
            ITransformer<T> transformer = Transformer<T>();
            int moving = moved.AsSpan().Count(true);
            layers.Add(new Coupling<T>(moved, transformer, new Mlp<T>(d - moving, moving * transformer.ParametersPerFeature, setup.Hidden)));
            if (Balance == StabilityBalance.Volume) continue;
            bool free = Balance == StabilityBalance.None && Scale != StabilityScale.Additive;
            layers.Add(free ? new ActNorm<T>(d) : new Elementwise<T>(d, new AffineTransformer<T>(new ScaleSettings(ScaleFunction.Tanh, Clamp: DiagonalBound))));
        }

        return new Flow<T>(layers, new StandardNormal<T>(d), seed, backend);
    }

    private ITransformer<T> Transformer<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool volume = Balance == StabilityBalance.Volume;
        return Scale switch
        {
            StabilityScale.Exp => new AffineTransformer<T>(new ScaleSettings(ScaleFunction.Exp), volume),
            StabilityScale.Sigmoid => new AffineTransformer<T>(new ScaleSettings(ScaleFunction.Sigmoid, Least: 0), volume),
            StabilityScale.Tanh => new AffineTransformer<T>(new ScaleSettings(ScaleFunction.Tanh, Clamp: 2), volume),
            StabilityScale.HalfSigmoid => new AffineTransformer<T>(new ScaleSettings(ScaleFunction.HalfSigmoid), volume),
            _ => new AdditiveTransformer<T>(),
        };
    }
}
