namespace NativeFlow.Layers;

/// <summary>A density over the plane that can be sampled, evaluated exactly, and whose entropy is known: the lowest test loss that any model can have.</summary>
public interface IToyDensity
{
    /// <summary>Name, as in <c>toy:NAME</c>.</summary>
    string Name { get; }

    /// <summary>Differential entropy in nats, -E log p.</summary>
    double Entropy { get; }

    /// <summary>How <see cref="Entropy"/> was found.</summary>
    string EntropySource { get; }

    /// <summary>log p(x, y) in nats; minus infinity outside the support.</summary>
    double LogDensity(double x, double y);

    /// <summary>One point from two uniform numbers in [0, 1) and two standard normal ones.</summary>
    (double X, double Y) Point(double u, double v, double e, double f);
}
