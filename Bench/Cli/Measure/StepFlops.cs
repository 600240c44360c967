using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// Flops of a training step by formula: products and factorisations of full matrices, forward and backward; what is done element by element is left out.
/// A product of B rows with a D x D matrix is 2 B D^2.
/// </summary>
internal static class StepFlops
{
    /// <summary>Layers that work element by element and have nothing to learn, so that what lies before them needs a gradient no more than without them.</summary>
    private static readonly string[] Fixed = ["logit", "affine", "smooth-leaky-relu", "leaky-relu", "sigmoid", "tanh", "permutation"];

    /// <summary>Layers that work element by element and learn.</summary>
    private static readonly string[] Learned = ["actnorm", "rational-quadratic-spline", "learnable-leaky-relu"];

    /// <summary>Of one full matrix; null where the strategy has no formula here.</summary>
    /// <param name="strategy">The strategy's name.</param>
    /// <param name="every">Its refresh interval, 1 for those without.</param>
    /// <param name="b">Rows.</param>
    /// <param name="d">Features.</param>
    /// <param name="inputNeedsGradient">Whether something before the layer learns; else the product that gives the input's gradient is saved, by those strategies that do not use it themselves.</param>
    public static double? OfMatrix(string strategy, int every, double b, double d, bool inputNeedsGradient)
    {
        double product = 2 * b * d * d, cube = d * d * d, saved = inputNeedsGradient ? 0 : product;
        return strategy switch
        {
            // Forward, input's gradient, weight's gradient; LU 2/3 D^3 and the inverse from it 4/3 D^3.
            "exact-lu" => (3 * product) - saved + (2 * cube),
            "stale-inverse" => (3 * product) - saved + (2 * cube / every),
            "newton-schulz" => (3 * product) - saved + (4 * cube / every),
            // One product more: Z~ W.
            "relative" => (4 * product) - saved,
            // Z~ R^T, E R and the gradient of R besides; the published form needs the input's gradient for R's.
            "snf-published" => 6 * product,
            "snf-reconstruction" => (6 * product) - saved,
            "snf-published-unfused" => 9 * product,
            // As snf-reconstruction, and for every probe of a row R v and its product with v.
            "free-form" => (8 * product) - saved,
            _ => null,
        };
    }

    /// <summary>Of a whole flow; null where a layer or strategy has no formula.</summary>
    public static double? Of<T>(Flow<T> flow, int rows) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        bool needs = false;
        foreach (IBijector<T> layer in flow.Transforms)
        {
            if (layer is Linear<T> linear)
            {
                if (OfMatrix(linear.Strategy.Name, Every(linear.Strategy), rows, linear.Dimension, needs) is not { } flops) return null;
                // Of one probe and the encoder's surrogate; the conditional one takes both, and needs the products to choose.
                if (linear.Strategy is FreeForm<T> free)
                    flops += 2.0 * rows * linear.Dimension * linear.Dimension * ((free.Probes * (free.Surrogate == FreeFormSurrogate.Conditional ? 4 : 2)) - 2);
                sum += flops;
                needs = true;
            }
            else if (Learned.Contains(layer.Kind)) needs = true;
            else if (!Fixed.Contains(layer.Kind)) return null;
        }

        return sum;
    }

    /// <summary>
    /// Bytes that a step moves at least: every learned number is read forward, read backward, its gradient written, and swept by the optimiser (Adam and its kind read
    /// p, g, m, v and write p, m, v; SGD with momentum reads p, g, v and writes p, v); and the rows go into every layer and back.
    /// </summary>
    public static double Bytes<T>(Flow<T> flow, int rows) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int slots = flow.Store.SlotCount;
        double sweep = 3 + (2 * slots), activations = 2.0 * (flow.Transforms.Count + 1) * rows * flow.Dimension;
        return System.Runtime.CompilerServices.Unsafe.SizeOf<T>() * ((flow.Store.ParameterCount * (3 + sweep)) + activations);
    }

    /// <summary>Steps from one refresh of a strategy of the flow to the next, the longest; 1 where none has any.</summary>
    public static int Cycle<T>(Flow<T> flow) where T : unmanaged, IFloatingPointIeee754<T> => IJacobianLayer<T>.In(flow.Transforms).Select(l => Every(l.Strategy)).DefaultIfEmpty(1).Max();

    private static int Every<T>(IJacobianStrategy<T> strategy) where T : unmanaged, IFloatingPointIeee754<T> => strategy switch
    {
        StaleInverse<T> stale => stale.Every,
        NewtonSchulz<T> newton => newton.Every,
        _ => 1,
    };
}
