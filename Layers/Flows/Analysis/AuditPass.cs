namespace NativeFlow.Layers;

/// <summary>What one pass forward and backward gave.</summary>
internal sealed record AuditPass(
    double[] Output, double[] Values, ValueKind ValueKind, GradientKind GradientKind, double[] Gradient, double[] InputGradient, double[] PenaltyGradient,
    double Milliseconds, int Nodes, long Bytes);
