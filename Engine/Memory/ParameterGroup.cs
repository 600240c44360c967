namespace NativeFlow.Engine;

/// <summary>A contiguous stretch of the parameter planes with its own settings.</summary>
/// <param name="Start">First element.</param>
/// <param name="Length">Number of elements, alignment gaps included.</param>
/// <param name="LearningRateScale">Factor on the optimiser's learning rate.</param>
/// <param name="Decay">Whether weight decay applies.</param>
public readonly record struct ParameterGroup(int Start, int Length, double LearningRateScale, bool Decay);
