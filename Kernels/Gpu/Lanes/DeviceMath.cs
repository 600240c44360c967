namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// Operations that a device's compiler must not change: what C# rounds once it might join with another or round otherwise. Here they are
/// plain C#; an adapter for a device puts an instruction in the place of each.
/// </summary>
public static class DeviceMath
{
    /// <summary>a b, rounded once, never joined with an addition.</summary>
    public static float Multiply(float a, float b) => a * b;

    /// <summary>a b, rounded once, never joined with an addition.</summary>
    public static double Multiply(double a, double b) => a * b;

    /// <summary>a + b, rounded once, never joined with a product.</summary>
    public static float Add(float a, float b) => a + b;

    /// <summary>a + b, rounded once, never joined with a product.</summary>
    public static double Add(double a, double b) => a + b;

    /// <summary>a - b, rounded once, never joined with a product.</summary>
    public static float Subtract(float a, float b) => a - b;

    /// <summary>a - b, rounded once, never joined with a product.</summary>
    public static double Subtract(double a, double b) => a - b;

    /// <summary>a b + c, rounded once.</summary>
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>a b + c, rounded once.</summary>
    public static double MultiplyAdd(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    /// <summary>Nearest integer, ties to even.</summary>
    public static float Round(float a) => MathF.Round(a);

    /// <summary>Nearest integer, ties to even.</summary>
    public static double Round(double a) => Math.Round(a);
}
