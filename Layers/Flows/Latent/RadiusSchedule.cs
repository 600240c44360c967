using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Radius of a hyperbolic model by epoch: steps of equal size from <paramref name="First"/> in epoch 0 to <paramref name="Last"/> in epoch
/// <paramref name="Epochs"/> - 1. Afterwards it is learned, where the model learns it, or stays at <paramref name="Afterwards"/>.
/// </summary>
/// <param name="First">Radius of the first epoch.</param>
/// <param name="Last">Radius of the last epoch of the schedule.</param>
/// <param name="Epochs">Its epochs; 0 for none.</param>
/// <param name="Afterwards">Radius from then on of a model that does not learn it.</param>
public readonly record struct RadiusSchedule(double First, double Last, int Epochs, double Afterwards)
{
    /// <summary>None: the model's radius, learned from the start where it is learned.</summary>
    public static RadiusSchedule None => default;

    /// <summary>11, 10, ..., 2 over the first 10 epochs (Bose et al. 2020), then learned or <paramref name="afterwards"/>.</summary>
    public static RadiusSchedule Published(double afterwards = 2) => new(11, 2, 10, afterwards);

    /// <summary>Radius that epoch <paramref name="epoch"/>, counted from 0, prescribes; null where it prescribes none.</summary>
    public double? At(long epoch, bool learned)
    {
        if (Epochs == 0) return null;
        if (epoch < Epochs) return Epochs == 1 ? First : First + (Last - First) * epoch / (Epochs - 1);
        return learned ? null : Afterwards;
    }

    /// <summary>Refuses what cannot be trained with.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check()
    {
        if (Epochs < 0) throw new BadInputException($"The radius changes over {Epochs} epochs; it must be 0 or more.");
        if (Epochs > 0 && !(First > 0 && Last > 0 && Afterwards > 0 && double.IsFinite(First + Last + Afterwards)))
            throw new BadInputException($"The radius goes from {First} to {Last}, then {Afterwards}; all must be above 0 and finite.");
    }
}
