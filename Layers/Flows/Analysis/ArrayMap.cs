namespace NativeFlow.Layers;

/// <summary>One direction of a map on plain arrays: a point in, the mapped point and log|det| of its Jacobian out.</summary>
/// <param name="point">[D].</param>
public delegate (double[] Output, double LogAbsDet) ArrayMap(double[] point);
