using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

internal static class BadGradient
{
    /// <summary>Where the first gradient that is not finite stands: for messages.</summary>
    public static string FirstBadGradient<T>(this ParameterStore<T> store) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ParameterStore<T>.Entry e in store.Parameters)
            foreach (T g in store.ReadGradient(e.Var))
                if (!T.IsFinite(g)) return $"the gradient of {e.Name}";
        return "no parameter: the sum of squares overflows";
    }
}
