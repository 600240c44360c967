namespace NativeFlow.Layers;

/// <summary>How hard <see cref="InvertibilityAttack"/> tries.</summary>
public sealed record AttackOptions
{
    /// <summary>Radius of the ball around every row in the largest-coordinate norm, in units of the features' scales.</summary>
    public double Radius { get; init; } = 0.05;

    /// <summary>Sign-gradient steps; as many random points of the ball are tried for comparison.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Length of a step, as a share of the radius; all steps together are several radii, as in the published attack.</summary>
    public double Step { get; init; } = 1.0 / 32;

    /// <summary>Key of the random starts and points.</summary>
    public ulong Key { get; init; }

    /// <summary>Least value that a feature may take.</summary>
    public double Low { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value that a feature may take.</summary>
    public double High { get; init; } = double.PositiveInfinity;

    /// <summary>Told after every step: steps done, steps in all.</summary>
    public Action<int, int>? Progress { get; init; }

    internal void Check()
    {
        if (!(Radius > 0) || Steps < 1 || !(Step > 0) || !(Low < High)) throw new ArgumentException($"AttackOptions: radius {Radius}, {Steps} steps of {Step} radii between {Low} and {High}; radius, steps and step must be above 0, the bounds in order.");
    }
}
