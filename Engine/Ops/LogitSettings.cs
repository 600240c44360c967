using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>The interval and the form of a logit, see <see cref="LogitFlowOp{T}"/>.</summary>
/// <param name="Low">Lower end of x.</param>
/// <param name="High">Upper end of x.</param>
/// <param name="Alpha">Distance that the ends keep from 0 and 1, in [0, 1/2); 0 makes the interval open.</param>
/// <param name="Temperature">Divisor of the result, positive.</param>
/// <param name="Clip">With a positive value, x is clipped to [low + clip, high - clip] first, and alpha must be 0.</param>
public readonly record struct LogitSettings(double Low = 0, double High = 1, double Alpha = 0, double Temperature = 1, double Clip = 0)
{
    /// <summary>Refuses settings that make no map.</summary>
    /// <exception cref="ArgumentException">One of them is out of range; the message says which.</exception>
    public void Check()
    {
        if (!double.IsFinite(Low) || !double.IsFinite(High) || !(Low < High)) throw new ArgumentException($"Logit: low is {Low}, high is {High}; low must be below high, both finite.");
        if (!(Alpha >= 0 && Alpha < 0.5)) throw new ArgumentException($"Logit: alpha is {Alpha}; it must lie in [0, 0.5).");
        if (!(Temperature > 0) || !double.IsFinite(Temperature)) throw new ArgumentException($"Logit: temperature is {Temperature}; it must be positive and finite.");
        if (!(Clip >= 0 && Clip < (High - Low) / 2)) throw new ArgumentException($"Logit: clip is {Clip}; it must lie in [0, {(High - Low) / 2}).");
        if (Clip > 0 && Alpha > 0) throw new ArgumentException($"Logit: clip is {Clip} and alpha is {Alpha}; one of them must be 0.");
    }

    internal Var Record<T>(Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check();
        return tape.Input([T.CreateTruncating(Low), T.CreateTruncating(High), T.CreateTruncating(Alpha), T.CreateTruncating(Temperature), T.CreateTruncating(Clip)], 1, 5);
    }
}
