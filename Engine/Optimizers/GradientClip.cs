using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Shortens the gradient of all parameters together to a largest norm, as PyTorch's clip_grad_norm_.</summary>
public sealed class GradientClip<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterStore<T> _store;
    private Slice _result;

    /// <summary>Makes a clip for a built store. An infinite <paramref name="maxNorm"/> measures and never clips.</summary>
    /// <exception cref="BadInputException"><paramref name="maxNorm"/> is not more than 0.</exception>
    public GradientClip(ParameterStore<T> store, double maxNorm, GradientNorm norm = GradientNorm.Two)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!(maxNorm > 0)) throw new BadInputException($"GradientClip: the largest norm is {maxNorm}; it must be more than 0.");
        if (store.Gradients.IsNone) throw new InvalidOperationException("GradientClip: the store has no planes yet; call ParameterStore.Build first.");
        _store = store;
        MaxNorm = maxNorm;
        Norm = norm;
        _result = store.Backend.Allocate(1);
    }

    /// <summary>Largest norm let through.</summary>
    public double MaxNorm { get; }

    /// <summary>How it is measured.</summary>
    public GradientNorm Norm { get; }

    /// <summary>Memory of the last norm.</summary>
    public Slice Measured => _result;

    /// <summary>
    /// Multiplies the gradients by min(1, max/(norm + 1e-6)) and returns the norm before that. A norm that is infinite or NaN (in
    /// <typeparamref name="T"/>) is returned and the gradients are left alone: the caller decides. Cost: one pass to measure, one to scale.
    /// </summary>
    public double Apply()
    {
        Shorten();
        return ReadNorm();
    }

    /// <summary>As <see cref="Apply"/> without reading the norm, which lies in <see cref="Measured"/> until the next call: nothing waits.</summary>
    public void Shorten()
    {
        IBackend<T> backend = _store.Backend;
        Slice gradients = _store.Gradients;
        if (Norm == GradientNorm.Two) PlaneNorm<T>.Norm2(backend, gradients, _result);
        else BasicKernels<T>.MaxAbs(backend, gradients, _result);
        ScalarKernels<T>.Shorten(backend, _result, gradients, MaxNorm);
    }

    private double ReadNorm()
    {
        Span<T> read = stackalloc T[1];
        _store.Backend.Read(_result, read);
        return double.CreateTruncating(read[0]);
    }

    /// <summary>Gives the result's memory back.</summary>
    public void Dispose()
    {
        if (_result.IsNone) return;
        _store.Backend.Release(_result);
        _result = Slice.None;
    }
}
