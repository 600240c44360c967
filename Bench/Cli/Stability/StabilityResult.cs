using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>What one run gave.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Gap">LL* - LL on the test rows in nats, each row beside the truth at that row; not finite where the model is not.</param>
/// <param name="GapError">Its standard error.</param>
/// <param name="NonFiniteSteps">Steps whose loss or gradient was not finite; each was skipped.</param>
/// <param name="Spikes">Steps whose loss lay more than 20 nats over the median of the hundred before.</param>
/// <param name="MostGradient">Largest 2-norm of a finite gradient; no clipping.</param>
/// <param name="Stretch">Of J and of its inverse, at the test points looked at.</param>
/// <param name="RoundTrip">Largest |f^-1(f(x)) - x| in float on the test rows; infinite where something is not finite.</param>
/// <param name="Attack">Round trips in float near test rows, at random points and attacked; errors in standard deviations of the test rows.</param>
/// <param name="FarStretch">Of J at the far points looked at.</param>
/// <param name="FarRoundTrip">As <paramref name="RoundTrip"/> at the far points, finite ones alone.</param>
/// <param name="FarNonFinite">Far points whose way there and back is not finite.</param>
/// <param name="FarPoints">How many far points there were.</param>
internal sealed record StabilityResult(
    StabilityArm Arm, double Gap, double GapError, int NonFiniteSteps, int Spikes, double MostGradient, StabilityStretch Stretch,
    double RoundTrip, AttackReport Attack, StabilityStretch FarStretch, double FarRoundTrip, int FarNonFinite, int FarPoints);
