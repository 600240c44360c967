using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The check at every bijector's door.</summary>
internal static class Width
{
    public static void Require(string kind, int dimension, Var given)
    {
        if (given.Cols != dimension) throw new ArgumentException($"{kind}: made for {dimension} features, its input is {given.Shape}.");
    }
}
