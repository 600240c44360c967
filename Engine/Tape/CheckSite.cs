using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>A place that refuses values, and how it says so.</summary>
/// <param name="Refuse">Makes the exception from the place and two numbers that the check found (such as row and column), and the value there.</param>
/// <param name="Scope">Label of the layer.</param>
/// <param name="What">Who asks.</param>
/// <param name="WayOut">What to do about it.</param>
/// <param name="Low">Lower end of what is allowed.</param>
/// <param name="High">Upper end of what is allowed.</param>
/// <param name="Closed">Whether the ends are.</param>
public readonly record struct CheckSite<T>(Func<CheckSite<T>, T, T, T, Exception> Refuse, string Scope, string What, string WayOut, double Low, double High, bool Closed)
    where T : unmanaged, IFloatingPointIeee754<T>;
