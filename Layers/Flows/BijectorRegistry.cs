using System.Numerics;
using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>Every bijector by its recipe name: the one list that loading, tests and pages go through.</summary>
public static class BijectorRegistry
{
    /// <summary>Recipe names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["linear"];

    /// <summary>Makes a bijector from its recipe entry.</summary>
    /// <exception cref="NativeFlow.Engine.BadInputException">Unknown kind, or a property is missing or out of range.</exception>
    public static IBijector<T> Create<T>(string kind, JsonElement config) where T : unmanaged, IFloatingPointIeee754<T>
        => throw new InvalidOperationException($"{kind} {config}");
}
