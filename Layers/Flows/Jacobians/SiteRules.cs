using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>Refusals that all strategies share.</summary>
internal static class SiteRules
{
    public static void Require<T>(IJacobianStrategy<T> strategy, in JacobianSite site) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Refusal(strategy, site.Kind, $"'{site.Scope}', ") is { } refusal) throw new NotSupportedException(refusal);
    }

    /// <summary>Why the strategy does not work on such a site; null where it does.</summary>
    public static string? Refusal<T>(IJacobianStrategy<T> strategy, SiteKinds kind, string site = "") where T : unmanaged, IFloatingPointIeee754<T>
    {
        if ((strategy.Supports & kind) != 0) return null;
        string others = string.Join(", ", JacobianRegistry.NamesFor(kind));
        return $"Strategy '{strategy.Name}' does not work on {site}a {kind} site; it supports {strategy.Supports}. Strategies for this site: {others}.";
    }
}
