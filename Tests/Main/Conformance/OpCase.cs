using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Tests;

/// <summary>Where the random values of an input lie.</summary>
public enum Domain
{
    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>In [0.5, 2].</summary>
    Positive,

    /// <summary>In [0.15, 0.85].</summary>
    Unit,

    /// <summary>Magnitude in [0.2, 2], either sign: clear of a kink or pole at zero.</summary>
    AwayFromZero,

    /// <summary>Small normal numbers and, in every row, one of about 2 at row times columns / rows: a well conditioned matrix or kernel.</summary>
    Dominant,

    /// <summary>Given numbers that no derivative is taken of.</summary>
    Constant,
}

/// <summary>One input of a case.</summary>
public sealed record InputSpec(int Rows, int Cols, Domain Domain = Domain.Normal, double[]? Values = null)
{
    public static InputSpec Fixed(int rows, int cols, params double[] values) => new(rows, cols, Domain.Constant, values);

    public bool Differentiable => Domain != Domain.Constant;

    public double[] Draw(Random random)
    {
        if (Values is not null) return Values;
        var x = new double[Rows * Cols];
        for (int i = 0; i < x.Length; i++)
            x[i] = Domain switch
            {
                Domain.Positive => 0.5 + 1.5 * random.NextDouble(),
                Domain.Unit => 0.15 + 0.7 * random.NextDouble(),
                Domain.AwayFromZero => (random.Next(2) == 0 ? -1 : 1) * (0.2 + 1.8 * random.NextDouble()),
                Domain.Dominant => (0.5 / Math.Sqrt(Cols) * Gaussian(random)) + (i % Cols == i / Cols * (Cols / Rows) ? 2 : 0),
                _ => Gaussian(random),
            };
        return x;
    }

    public static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

/// <summary>One use of an op: what to record on which inputs.</summary>
public sealed record OpCase<T>(string Op, string Label, InputSpec[] Inputs, Func<Tape<T>, Var[], Var> Record) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The op's backward is, by design, not the gradient of its value: gradients are not compared with differences.</summary>
    public bool GradientIsSurrogate { get; init; }

    /// <summary>Recorded derivatives are checked. Off for cases that record more than the op under test.</summary>
    public bool Recorded { get; init; } = true;

    public override string ToString() => $"{Op}: {Label}";
}

/// <summary>A use of an op that must be refused, and what the message must hold.</summary>
public sealed record RefusedUse<T>(string Op, Action<Tape<T>> Record, params string[] Message) where T : unmanaged, IFloatingPointIeee754<T>;
