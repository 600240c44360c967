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
    public static string? Refusal<T>(IJacobianStrategy<T> strategy, SiteKinds kind, string site = "", IEnumerable<string>? alternatives = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if ((strategy.Supports & kind) != 0) return null;
        string others = string.Join(", ", alternatives ?? JacobianRegistry.NamesFor(kind));
        string whose = site.Length == 0 ? "" : $" ({site.TrimEnd(' ', ',')})";
        return $"Strategy '{strategy.Name}' does not work on {Words(kind)}{whose}; it works on {Words(strategy.Supports)}. For {Words(kind)} use one of: {others}.";
    }

    private static string Words(SiteKinds kinds)
    {
        var words = new List<string>();
        if ((kinds & SiteKinds.DenseMatrix) != 0) words.Add("a full matrix");
        if ((kinds & SiteKinds.Convolution) != 0) words.Add("a convolution padded with zeros");
        if ((kinds & SiteKinds.CircularConvolution) != 0) words.Add("a circular convolution");
        if ((kinds & SiteKinds.VectorJacobianProduct) != 0) words.Add("any differentiable block");
        return string.Join(" or ", words);
    }
}
