using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Weight of the divergence in the objective, by epoch: <paramref name="From"/> in epoch 0, linearly to <paramref name="To"/> in epoch <paramref name="Epochs"/>, then constant. Only with 1 is the objective the evidence lower bound.</summary>
/// <param name="From">Weight at the start.</param>
/// <param name="To">Weight at the end.</param>
/// <param name="Epochs">Length of the way; 0 for <paramref name="To"/> from the start.</param>
public readonly record struct BetaSchedule(double From, double To, int Epochs)
{
    /// <summary>One weight throughout.</summary>
    public static BetaSchedule Constant(double beta = 1) => new(beta, beta, 0);

    /// <summary>Linear from 0 to <paramref name="beta"/> over <paramref name="epochs"/>.</summary>
    public static BetaSchedule WarmUp(int epochs, double beta = 1) => new(0, beta, epochs);

    /// <summary>Weight in an epoch, counted from 0.</summary>
    public double At(long epoch) => epoch >= Epochs ? To : From + (To - From) * epoch / Epochs;

    /// <summary>Refuses what cannot be trained with.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check()
    {
        if (!(From >= 0 && double.IsFinite(From)) || !(To >= 0 && double.IsFinite(To))) throw new BadInputException($"beta goes from {From} to {To}; both must be 0 or more and finite.");
        if (Epochs < 0) throw new BadInputException($"beta changes over {Epochs} epochs; it must be 0 or more.");
    }
}
