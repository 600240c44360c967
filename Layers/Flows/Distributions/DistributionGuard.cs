namespace NativeFlow.Layers;

/// <summary>Checks that distributions make.</summary>
internal static class DistributionGuard
{
    public static void Numbers(string name, ReadOnlySpan<double> values, int count)
    {
        if (values.Length != count) throw new ArgumentException($"{name} has {values.Length} numbers; it must have {count}.");
        for (int i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i])) throw new ArgumentException($"{name}[{i}] is {values[i]}; it must be finite.");
    }

    public static void Components(int components)
    {
        if (components < 1) throw new ArgumentException($"components is {components}; it must be at least 1.");
    }
}
