using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>A layer whose Jacobian strategy is one argument: <see cref="Linear{T}"/>, <see cref="Conv2d{T}"/>.</summary>
public interface IJacobianLayer<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>How the log-determinant is treated in training.</summary>
    IJacobianStrategy<T> Strategy { get; }

    /// <summary>The layer's handles, once attached.</summary>
    JacobianSite Site { get; }

    /// <summary>All such layers among some, those inside other layers included.</summary>
    static IEnumerable<IJacobianLayer<T>> In(IEnumerable<IBijector<T>> layers)
    {
        foreach (IBijector<T> layer in layers)
        {
            if (layer is IJacobianLayer<T> one) yield return one;
            foreach (IJacobianLayer<T> inner in In(layer.Inner)) yield return inner;
        }
    }
}
