namespace NativeFlow.Layers;

/// <summary>One check of a bijector.</summary>
/// <param name="Name">What is checked.</param>
/// <param name="Passed">Whether it holds; null where it does not apply.</param>
/// <param name="Measured">Worst number found, over <paramref name="Allowed"/>'s unit; NaN where it does not apply.</param>
/// <param name="Allowed">The most that passes.</param>
/// <param name="Text">What was found, in words; for a failure its nature where that is recognised.</param>
public sealed record AuditCheck(string Name, bool? Passed, double Measured, double Allowed, string Text);
