using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>What layers carry from step to step, buffers and counters, kept aside so that every draw starts from the same state.</summary>
internal sealed class StoreSnapshot
{
    private readonly ParameterStore<double> _store;
    private readonly double[] _buffers;
    private readonly long[] _counters;

    public StoreSnapshot(ParameterStore<double> store)
    {
        _store = store;
        _buffers = new double[store.BufferValues.Length];
        if (_buffers.Length > 0) store.Backend.Read(store.BufferValues, _buffers);
        _counters = new long[store.Counters.Count];
        for (int i = 0; i < _counters.Length; i++) _counters[i] = store[i];
    }

    public void Restore()
    {
        if (_buffers.Length > 0) _store.Backend.Write(_buffers, _store.BufferValues);
        for (int i = 0; i < _counters.Length; i++) _store[i] = _counters[i];
    }
}
