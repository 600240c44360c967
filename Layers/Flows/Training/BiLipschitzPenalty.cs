using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A penalty on stretch by finite differences: weight times the mean over the batch of |F(x + eps d) - F(x)|^2 / eps^2 + |F^-1(z + eps d') - F^-1(z)|^2 / eps^2,
/// z = F(x) a constant, d and d' random unit vectors of each row's own.
/// </summary>
/// <remarks>
/// For a small eps its mean over d is the mean of (|J|_F^2 + |J^-1|_F^2) / D. A penalised step takes one pass each way of twice the batch more. Source: Behrmann et al. 2021,
/// Understanding and mitigating exploding inverses; its code divides by eps and normalises the direction along the batch, which this does not.
/// </remarks>
public sealed record BiLipschitzPenalty
{
    // Streams of the directions beside those of the layers.
    private const ulong DirectionStream = 0xB117;

    /// <summary>Weight in the loss.</summary>
    public double Weight { get; init; } = 1e-4;

    /// <summary>Length eps of the difference, in units of the data and of the latent.</summary>
    public double Epsilon { get; init; } = 0.1;

    /// <summary>Steps between two penalised ones; 1 for every step.</summary>
    public int Every { get; init; } = 10;

    /// <summary>Refuses numbers out of range.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check()
    {
        if (!(Weight > 0 && double.IsFinite(Weight))) throw new BadInputException($"The weight of the bi-Lipschitz penalty must be above 0 and finite, it is {Weight}.");
        if (!(Epsilon > 0 && double.IsFinite(Epsilon))) throw new BadInputException($"The length of the bi-Lipschitz penalty's difference must be above 0 and finite, it is {Epsilon}.");
        if (Every < 1) throw new BadInputException($"The bi-Lipschitz penalty must come every 1 or more steps, not every {Every}.");
    }

    /// <summary>Whether a step is penalised.</summary>
    public bool Applies(long step) => step % Every == 0;

    /// <summary>Records the weighted penalty [1 x 1] for a batch. What layers carry from step to step stays as it is; a function of (key, step) alone.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="tape">Where.</param>
    /// <param name="x">[batch x D].</param>
    /// <param name="c">The step's context.</param>
    public Var Record<T>(Flow<T> flow, Tape<T> tape, Var x, in StepContext c) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Both ends of a difference go through the same recording: the same weights, whatever they are normalised by.
        Var context = c.Context.IsNone ? Var.None : Pairs(tape, c.Context, c.Context);
        StepContext both = c with { Provisional = true, Context = context };
        ulong key = SeedMix.Of(c.Key, DirectionStream);
        Var there = flow.Forward(tape, Ends(tape, x, key, c.Step, 0), both).Output.Reshape(x.Rows, 2 * x.Cols);
        Var z = tape.SliceColumns(there, 0, x.Cols).Detach();
        Var back = flow.Inverse(tape, Ends(tape, z, key, c.Step, 1), both).Output.Reshape(x.Rows, 2 * x.Cols);
        return tape.Scale(tape.Add(SquaredDifference(tape, there), SquaredDifference(tape, back)), Weight / (Epsilon * Epsilon * x.Rows));
    }

    // Every row of x followed by itself plus eps d.
    private Var Ends<T>(Tape<T> tape, Var x, ulong key, long step, int index) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var draw = Probes.Draw(tape, ProbeKind.Gaussian, x.Rows, x.Cols, key, (ulong)step, index);
        return Pairs(tape, x, tape.Add(x, tape.Scale(tape.Divide(draw, tape.RowNorm(draw)), Epsilon)));
    }

    // Rows of a and b by turns: side by side they already lie so.
    private static Var Pairs<T>(Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.ConcatColumns(a, b).Reshape(2 * a.Rows, a.Cols);

    private static Var SquaredDifference<T>(Tape<T> tape, Var pairs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int cols = pairs.Cols / 2;
        return tape.Sum(tape.Square(tape.Subtract(tape.SliceColumns(pairs, cols, cols), tape.SliceColumns(pairs, 0, cols))));
    }
}
