using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The same flow in double, kept beside one of another type: what is looked at there leaves the original's memory alone.</summary>
internal sealed class FlowTwin<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Flow<T> _original;
    private readonly SimdBackend<double> _backend;

    public FlowTwin(Flow<T> original, int threads)
    {
        _original = original;
        _backend = new SimdBackend<double>(threads);
        using JsonDocument recipe = JsonDocument.Parse(ModelFile.Recipe(original));
        Flow = ModelFile.FromRecipe<double>(recipe.RootElement, _backend);
    }

    public Flow<double> Flow { get; }

    /// <summary>Copies parameters, buffers and counters over.</summary>
    public void Refresh()
    {
        Copy(_original.Store.Parameters, Flow.Store.Parameters);
        Copy(_original.Store.Buffers, Flow.Store.Buffers);
        // Counters of an optimiser come after those of the layers.
        for (int i = 0; i < Flow.Store.Counters.Count; i++) Flow.Store[i] = _original.Store[i];
    }

    public void Dispose()
    {
        Flow.Dispose();
        _backend.Dispose();
    }

    private void Copy(IReadOnlyList<ParameterStore<T>.Entry> from, IReadOnlyList<ParameterStore<double>.Entry> to)
    {
        for (int i = 0; i < to.Count; i++) Flow.Store.Write(to[i].Var, Array.ConvertAll(_original.Store.Read(from[i].Var), double.CreateTruncating));
    }
}
