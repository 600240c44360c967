namespace NativeFlow.Layers;

/// <summary>What is certain of a scale s(u).</summary>
/// <param name="LeastLog">Smallest log s.</param>
/// <param name="MostLog">Largest log s.</param>
/// <param name="LogSlope">Largest |d log s/du|.</param>
/// <param name="Slope">Largest |ds/du|; infinite where only <paramref name="LogSlope"/> bounds it.</param>
internal readonly record struct ScaleBounds(double LeastLog, double MostLog, double LogSlope, double Slope);
