using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// All that a model learns and keeps: one plane each for values, gradients and the optimiser's slots, with equal offsets, so that an
/// optimiser is one sweep; plus buffers and counters, which no gradient reaches but every checkpoint carries.
/// </summary>
/// <remarks>Life in two phases: entries are added, then <see cref="Build"/> makes the planes and nothing can be added any more.</remarks>
public sealed class ParameterStore<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly List<Entry> _parameters = [];
    private readonly List<Entry> _buffers = [];
    private readonly List<string> _counterNames = [];
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<(Entry Entry, double[]? Initial)> _pending = [];
    private readonly List<Slice> _slots = [];
    private long[] _counters = [];
    private int _parameterLength;
    private int _bufferLength;
    private bool _built;
    private Slice _gradients = Slice.None;
    private GradientBlocks<T>? _gradientBlocks;
    private bool _gradientsSettled;

    /// <summary>Creates an empty store in <paramref name="backend"/>'s memory.</summary>
    public ParameterStore(IBackend<T> backend) => Backend = backend;

    /// <summary>Where the planes lie.</summary>
    public IBackend<T> Backend { get; }

    /// <summary>The parameters, in the order they were added.</summary>
    public IReadOnlyList<Entry> Parameters => _parameters;

    /// <summary>The buffers, in the order they were added.</summary>
    public IReadOnlyList<Entry> Buffers => _buffers;

    /// <summary>Names of the counters.</summary>
    public IReadOnlyList<string> Counters => _counterNames;

    /// <summary>Contiguous stretches of the planes with their own learning rate and decay.</summary>
    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>Plane of values; alignment gaps between entries hold zeros.</summary>
    public Slice Values { get; private set; } = Slice.None;

    /// <summary>Plane of gradients, whole: what no op has written since <see cref="ClearGradients"/> is zero.</summary>
    public Slice Gradients
    {
        get
        {
            if (!_gradientsSettled && _gradientBlocks is not null)
            {
                _gradientBlocks.Settle(Backend, _gradients, 0, _gradients.Length);
                _gradientsSettled = true;
            }
            return _gradients;
        }
    }

    /// <summary>Plane of buffers.</summary>
    public Slice BufferValues { get; private set; } = Slice.None;

    /// <summary>Plane of parameter tangents; made when first asked for.</summary>
    internal Slice Tangents { get; private set; } = Slice.None;

    /// <summary>Number of learned numbers.</summary>
    public int ParameterCount { get; private set; }

    /// <summary>One named stretch of a plane.</summary>
    /// <param name="Name">Dotted path, such as <c>layers.1.weight</c>.</param>
    /// <param name="Var">Handle.</param>
    public sealed record Entry(string Name, Var Var);

    /// <summary>Adds a parameter [rows x cols] and returns its handle.</summary>
    /// <param name="name">Unique dotted path.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="initial">Row-major start values; zeros when empty.</param>
    /// <param name="learningRateScale">Factor on the optimiser's learning rate.</param>
    /// <param name="decay">Whether weight decay applies.</param>
    public Var AddParameter(string name, int rows, int cols, ReadOnlySpan<double> initial = default, double learningRateScale = 1, bool decay = true)
    {
        Entry entry = Add(_parameters, name, rows, cols, Var.ParameterChunk, ref _parameterLength, initial);
        ParameterCount += rows * cols;
        int end = _parameterLength;
        if (_groups.Count > 0 && _groups[^1].LearningRateScale == learningRateScale && _groups[^1].Decay == decay)
            _groups[^1] = _groups[^1] with { Length = end - _groups[^1].Start };
        else
            _groups.Add(new ParameterGroup(entry.Var.Offset, end - entry.Var.Offset, learningRateScale, decay));
        return entry.Var;
    }

    /// <summary>Adds a buffer [rows x cols]: state on the backend that no gradient reaches.</summary>
    public Var AddBuffer(string name, int rows, int cols, ReadOnlySpan<double> initial = default)
        => Add(_buffers, name, rows, cols, Var.BufferChunk, ref _bufferLength, initial).Var;

    /// <summary>Adds a counter: a 64-bit number kept on the host, such as an age or a flag; possible after Build too. Returns its index for the indexer.</summary>
    public int AddCounter(string name)
    {
        if (_counterNames.Contains(name)) throw new ArgumentException($"Counter '{name}' is there already.");
        _counterNames.Add(name);
        Array.Resize(ref _counters, _counterNames.Count);
        return _counterNames.Count - 1;
    }

    /// <summary>Value of a counter.</summary>
    public ref long this[int counter] => ref _counters[counter];

    /// <summary>Makes the planes and writes the start values.</summary>
    public void Build()
    {
        if (_built) throw new InvalidOperationException("ParameterStore.Build was called twice.");
        _built = true;
        Values = Backend.Allocate(_parameterLength);
        _gradients = Backend.Allocate(_parameterLength);
        _gradientBlocks = new GradientBlocks<T>(_parameterLength);
        BufferValues = Backend.Allocate(_bufferLength);
        foreach ((Entry entry, double[]? initial) in _pending)
            if (initial is not null) Write(entry.Var, initial);
        _pending.Clear();
    }

    /// <summary>Makes sure that there are <paramref name="count"/> slot planes, zeroed.</summary>
    public void AllocateSlots(int count)
    {
        while (_slots.Count < count) _slots.Add(Backend.Allocate(Values.Length));
    }

    /// <summary>Number of slot planes.</summary>
    public int SlotCount => _slots.Count;

    /// <summary>Plane of optimiser slot <paramref name="index"/>, at the same offsets as <see cref="Values"/>.</summary>
    public Slice Slot(int index) => _slots[index];

    /// <summary>Value of a parameter or buffer.</summary>
    public Slice ValueOf(Var v) => (v.Chunk == Var.ParameterChunk ? Values : BufferValues).Part(v.Offset, v.Length);

    /// <summary>Gradient of a parameter.</summary>
    public Slice GradientOf(Var v) => _gradientBlocks is null ? Slice.None : _gradientBlocks.Live(Backend, _gradients, v.Offset, v.Length);

    /// <summary>Sets all gradients to zero. Costs next to nothing: memory that an op then overwrites is not cleared.</summary>
    public void ClearGradients()
    {
        _gradientBlocks?.Clear(_gradients.Length);
        _gradientsSettled = false;
    }

    internal Slice ClaimGradient(Var v, out bool holdsNumbers) => _gradientBlocks!.Claim(Backend, _gradients, v.Offset, v.Length, out holdsNumbers);

    internal void ClearTangents()
    {
        if (Tangents.IsNone) Tangents = Backend.Allocate(Values.Length);
        else BasicKernels<T>.Fill(Backend, Tangents, 0);
    }

    /// <summary>Entry by name among parameters and buffers.</summary>
    /// <exception cref="KeyNotFoundException">No such entry.</exception>
    public Var Find(string name)
    {
        foreach (Entry e in _parameters) if (e.Name == name) return e.Var;
        foreach (Entry e in _buffers) if (e.Name == name) return e.Var;
        throw new KeyNotFoundException($"No parameter or buffer is named '{name}'.");
    }

    /// <summary>Writes a value given in double.</summary>
    public void Write(Var v, ReadOnlySpan<double> values)
    {
        var converted = new T[v.Length];
        for (int i = 0; i < converted.Length; i++) converted[i] = T.CreateTruncating(values[i]);
        Backend.Write(converted, ValueOf(v));
    }

    /// <summary>Reads a value into a new array.</summary>
    public T[] Read(Var v)
    {
        var values = new T[v.Length];
        Backend.Read(ValueOf(v), values);
        return values;
    }

    /// <summary>Reads a gradient into a new array.</summary>
    public T[] ReadGradient(Var v)
    {
        var values = new T[v.Length];
        Backend.Read(GradientOf(v), values);
        return values;
    }

    /// <summary>Gives the planes back.</summary>
    public void Dispose()
    {
        if (!_built) return;
        foreach (Slice s in (List<Slice>)[Values, _gradients, BufferValues, Tangents, .. _slots])
            if (!s.IsNone) Backend.Release(s);
        Values = _gradients = BufferValues = Tangents = Slice.None;
        _gradientBlocks = null;
        _slots.Clear();
        _built = false;
    }

    private Entry Add(List<Entry> list, string name, int rows, int cols, int chunk, ref int length, ReadOnlySpan<double> initial)
    {
        if (_built) throw new InvalidOperationException($"'{name}' comes after Build; a store cannot grow.");
        if (rows < 1 || cols < 1) throw new ArgumentException($"'{name}': a shape of {rows}x{cols} holds nothing.");
        if (!initial.IsEmpty && initial.Length != rows * cols) throw new ArgumentException($"'{name}' is {rows}x{cols}, its start value has {initial.Length} numbers.");
        foreach (Entry e in _parameters) if (e.Name == name) throw new ArgumentException($"'{name}' is there already.");
        foreach (Entry e in _buffers) if (e.Name == name) throw new ArgumentException($"'{name}' is there already.");
        var entry = new Entry(name, new Var(chunk, length, rows, cols, chunk == Var.ParameterChunk));
        length = checked(length + (rows * cols + Arena<T>.Alignment - 1) / Arena<T>.Alignment * Arena<T>.Alignment);
        list.Add(entry);
        _pending.Add((entry, initial.IsEmpty ? null : initial.ToArray()));
        return entry;
    }
}
