using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// Bump memory in chained blocks that never move. Each chunk has up to three planes of equal size (values, gradients, tangents);
/// the second and third are made when first asked for.
/// </summary>
internal sealed class Arena<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Offsets are multiples of this, so that every row block starts on a cache line in float and in double.</summary>
    public const int Alignment = 16;

    private readonly IBackend<T> _backend;
    private readonly List<Slice> _values = [];
    private readonly List<Slice> _gradients = [];
    private readonly List<Slice> _tangents = [];
    private readonly List<GradientBlocks<T>?> _blocks = [];
    private readonly List<int> _used = [];
    private int _current;

    public Arena(IBackend<T> backend, int capacity)
    {
        _backend = backend;
        AddChunk(Math.Max(capacity, Alignment));
        Growths = 0;
    }

    /// <summary>Chunks added because the first was too small.</summary>
    public int Growths { get; private set; }

    public long CapacityElements { get; private set; }

    /// <summary>Elements of all planes.</summary>
    public long AllocatedElements { get; private set; }

    public int ChunkCount => _values.Count;

    public (int Chunk, int Offset) Mark => (_current, _used[_current]);

    public (int Chunk, int Offset) Allocate(int elements)
    {
        int rounded = (elements + Alignment - 1) / Alignment * Alignment;
        while (_values[_current].Length - _used[_current] < rounded)
        {
            if (_current + 1 == _values.Count) AddChunk(Math.Max(rounded, 2 * _values[^1].Length));
            _used[++_current] = 0;
        }
        int offset = _used[_current];
        _used[_current] += rounded;
        return (_current, offset);
    }

    public void Reset((int Chunk, int Offset) mark)
    {
        (_current, int offset) = mark;
        _used[_current] = offset;
    }

    public Slice Value(int chunk, int offset, int length) => _values[chunk].Part(offset, length);

    public Slice Gradient(int chunk, int offset, int length)
        => _gradients[chunk].IsNone ? Slice.None : _blocks[chunk]!.Live(_backend, _gradients[chunk], offset, length);

    /// <inheritdoc cref="GradientBlocks{T}.Claim"/>
    public Slice ClaimGradient(int chunk, int offset, int length, out bool holdsNumbers)
    {
        holdsNumbers = false;
        return _gradients[chunk].IsNone ? Slice.None : _blocks[chunk]!.Claim(_backend, _gradients[chunk], offset, length, out holdsNumbers);
    }

    public Slice Tangent(int chunk, int offset, int length) => _tangents[chunk].IsNone ? Slice.None : _tangents[chunk].Part(offset, length);

    /// <summary>Zeroes the gradients of everything in use from <paramref name="mark"/> on, making the plane at first use.</summary>
    public void ClearGradients((int Chunk, int Offset) mark)
    {
        for (int i = mark.Chunk; i <= _current; i++)
        {
            if (_gradients[i].IsNone)
            {
                _gradients[i] = AddPlane(_values[i].Length);
                _blocks[i] = new GradientBlocks<T>(_values[i].Length);
            }
            int start = i == mark.Chunk ? mark.Offset : 0;
            _blocks[i]!.Clear(start, _used[i] - start);
        }
    }

    /// <summary>Zeroes the tangents of everything in use from <paramref name="mark"/> on, making the plane at first use.</summary>
    public void ClearTangents((int Chunk, int Offset) mark)
    {
        for (int i = mark.Chunk; i <= _current; i++)
        {
            int start = i == mark.Chunk ? mark.Offset : 0;
            if (_tangents[i].IsNone) _tangents[i] = AddPlane(_values[i].Length);
            else BasicKernels<T>.Fill(_backend, _tangents[i].Part(start, _used[i] - start), 0);
        }
    }

    public void Dispose()
    {
        foreach (List<Slice> plane in (List<Slice>[])[_values, _gradients, _tangents])
            foreach (Slice block in plane)
                if (!block.IsNone) _backend.Release(block);
        _values.Clear();
        _gradients.Clear();
        _tangents.Clear();
    }

    private Slice AddPlane(int elements)
    {
        AllocatedElements += elements;
        return _backend.Allocate(elements);
    }

    private void AddChunk(int elements)
    {
        elements = (elements + Alignment - 1) / Alignment * Alignment;
        _values.Add(AddPlane(elements));
        _gradients.Add(Slice.None);
        _tangents.Add(Slice.None);
        _blocks.Add(null);
        _used.Add(0);
        CapacityElements += elements;
        Growths++;
    }
}
