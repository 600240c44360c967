using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A flow once more in double, with the same numbers and, if wanted, other strategies.</summary>
public static class DoubleCopy
{
    /// <summary>Copies a flow.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="recipe">Its recipe with other strategies; null for its own. Parameters, buffers and counters are found by name.</param>
    /// <param name="backend">Where the copy lives; null makes one that it owns.</param>
    /// <remarks>A learned inverse that the flow lacks becomes W^-1, for a convolution the mirrored kernel, as at the start of training; a cached inverse is made anew at its first use.</remarks>
    /// <exception cref="BadInputException">The recipe is no recipe, or asks for parameters that the flow lacks.</exception>
    /// <exception cref="SingularMatrixException">A weight matrix whose learned inverse is missing is singular.</exception>
    public static Flow<double> Of<T>(Flow<T> flow, JsonElement? recipe = null, IBackend<double>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using JsonDocument own = JsonDocument.Parse(ModelFile.Recipe(flow));
        Flow<double> copy = ModelFile.FromRecipe(recipe ?? own.RootElement, backend);
        try
        {
            var sites = IJacobianLayer<double>.In(copy.Transforms).ToList();
            Dictionary<string, Var> known = [];
            foreach (ParameterStore<T>.Entry e in flow.Store.Parameters.Concat(flow.Store.Buffers)) known[e.Name] = e.Var;
            foreach (ParameterStore<double>.Entry e in copy.Store.Parameters.Concat(copy.Store.Buffers))
            {
                if (known.TryGetValue(e.Name, out Var source) && source.Rows == e.Var.Rows && source.Cols == e.Var.Cols)
                    copy.Store.Write(e.Var, Array.ConvertAll(flow.Store.Read(source), double.CreateTruncating));
                else if (e.Var.Chunk == Var.ParameterChunk && !sites.Any(s => s.Site.InverseWeight == e.Var))
                    throw new BadInputException($"{e.Name}: the model has no parameter of this name and shape {e.Var.Shape}; only strategies may differ, not layers.");
            }

            for (int i = 0; i < copy.Store.Counters.Count; i++)
            {
                int at = flow.Store.Counters.ToList().IndexOf(copy.Store.Counters[i]);
                // A cache that the flow lacks has no age either.
                if (at >= 0 && sites.All(s => s.Site.AgeCounter != i || Cached(s, known))) copy.Store[i] = flow.Store[at];
            }

            foreach (IJacobianLayer<double> s in sites)
                if (s.Site.InverseWeight is { Chunk: Var.ParameterChunk } r && !Has(copy, known, r)) Invert(copy, s, r);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static bool Has(Flow<double> copy, Dictionary<string, Var> known, Var parameter) => known.ContainsKey(NameOf(copy.Store, parameter));

    private static bool Cached(IJacobianLayer<double> site, Dictionary<string, Var> known)
        => known.ContainsKey(site.Site.Scope + (site.Site.Convolution is null ? ".cached_inverse" : ".log_det_gradient"));

    private static string NameOf(ParameterStore<double> store, Var v)
    {
        foreach (ParameterStore<double>.Entry e in store.Parameters) if (e.Var == v) return e.Name;
        return "";
    }

    private static void Invert(Flow<double> copy, IJacobianLayer<double> layer, Var inverse)
    {
        double[] w = copy.Store.Read(layer.Site.Weight);
        if (layer.Site.Convolution is { } shape)
        {
            copy.Store.Write(inverse, SelfNormalizing<double>.Mirrored(w, shape));
            return;
        }
        copy.Store.Write(inverse, LearnedInverseMonitor<double>.Inverse(w, layer.Site.Dimension));
    }
}
