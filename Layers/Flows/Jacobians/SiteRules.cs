using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>Refusals that all strategies share.</summary>
internal static class SiteRules
{
    public static void Require<T>(IJacobianStrategy<T> strategy, in JacobianSite site) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if ((strategy.Supports & site.Kind) != 0) return;
        SiteKinds kind = site.Kind;
        string others = string.Join(", ", JacobianRegistry.Names.Where(n => (JacobianRegistry.Create<T>(n).Supports & kind) != 0));
        throw new NotSupportedException($"Strategy '{strategy.Name}' does not work on '{site.Scope}', a {site.Kind} site; it supports {strategy.Supports}. Strategies for this site: {others}.");
    }
}
