namespace NativeFlow.Layers;

/// <summary>Limits of <see cref="JacobianAudit"/>.</summary>
public sealed record BijectorAuditOptions
{
    /// <summary>Round trip: most that |f^-1(f(x)) - x| may be over max(1, |x|), beside what conditioning and rounding explain.</summary>
    public double RoundTrip { get; init; } = 1e-9;

    /// <summary>Most that a log-determinant may be off from brute force by backward passes, over max(1, |log-det|), beside what conditioning explains.</summary>
    public double LogDet { get; init; } = 1e-9;

    /// <summary>The same against central differences.</summary>
    public double Differences { get; init; } = 1e-5;

    /// <summary>Gradients against central differences, relative.</summary>
    public double Gradient { get; init; } = 1e-5;

    /// <summary>
    /// The points are also tried stretched until their largest coordinate is this large, for finite values and gradients; 0 leaves that out, as for a map with
    /// a bounded domain.
    /// </summary>
    public double Far { get; init; } = 30;

    /// <summary>Largest condition number of the Jacobian times the machine's epsilon in double.</summary>
    public double Conditioning { get; init; } = 1e-2;

    /// <summary>
    /// Standard deviation of the noise that is added to the start values where the bijector is attached here: many start as the identity, whose
    /// log-determinant of 0 shows no mistake.
    /// </summary>
    public double Perturbation { get; init; } = 0.1;

    /// <summary>Seed of the start values and of the noise on them.</summary>
    public ulong Seed { get; init; }
}
