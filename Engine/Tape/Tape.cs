using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// Records ops as they run and walks them back. Nodes are structs in one flat array, values lie in an arena, ops are stateless
/// singletons: after the first step of a program nothing is allocated.
/// </summary>
public sealed partial class Tape<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Arena<T> _arena;
    private Node<T>[] _nodes = new Node<T>[64];
    private Var[] _inputs = new Var[256];
    private int _inputCount;
    private int _backwardNext = -1;

    /// <summary>Creates a tape on a backend, bound to the parameters in <paramref name="store"/> (if any).</summary>
    /// <param name="backend">Where values live and ops run.</param>
    /// <param name="store">Parameters and buffers that handles of chunk 0 and 1 name.</param>
    /// <param name="capacity">Elements of the arena's first chunk; it grows by chunks when that is too small.</param>
    public Tape(IBackend<T> backend, ParameterStore<T>? store = null, int capacity = 1 << 14)
    {
        if (store is not null && !ReferenceEquals(store.Backend, backend))
            throw new ArgumentException("Tape: the store lives on another backend than the tape.");
        Backend = backend;
        Store = store;
        _arena = new Arena<T>(backend, capacity);
        Workspace = new Workspace<T>(backend, 1 << 12);
        Checks = new DeferredChecks<T>(this);
    }

    /// <summary>Where values live and ops run.</summary>
    public IBackend<T> Backend { get; }

    /// <summary>The bound parameters.</summary>
    public ParameterStore<T>? Store { get; }

    /// <summary>Memory that ops borrow for one call.</summary>
    public Workspace<T> Workspace { get; }

    /// <summary>What its ops refuse, and when they say so.</summary>
    public DeferredChecks<T> Checks { get; }

    /// <summary>Whether gradients will be asked for. Off, parameters count as constants and ops may skip what only backward needs.</summary>
    public bool RecordsGradients { get; set; } = true;

    /// <summary>
    /// Whether parameters are recorded as constants (<see cref="Var.Detach"/>): derivatives are then with respect to inputs alone, and what only
    /// parameters feed, such as the factorisation behind a matrix's log-determinant, is passed over by both passes.
    /// </summary>
    public bool FreezesParameters { get; set; }

    /// <summary>Label that following nodes carry: the layer that records them.</summary>
    public string Scope { get; set; } = "";

    /// <summary>Nodes recorded since the last reset.</summary>
    public int Count { get; private set; }

    /// <summary>How often the arena or the workspace had to grow since construction; a program of fixed length stops growing after its first step.</summary>
    public int Growths => _arena.Growths + Workspace.Growths;

    /// <summary>Elements of values that the arena and the workspace can hold now.</summary>
    public long CapacityElements => _arena.CapacityElements + Workspace.CapacityElements;

    /// <summary>Elements of all planes: values, gradients, tangents and the workspace. Nothing is given back before <see cref="Dispose"/>, so this is the peak of all that has run.</summary>
    public long AllocatedElements => _arena.AllocatedElements + Workspace.AllocatedElements;

    // Reused by recorded derivatives, so that they allocate nothing after the first step.
    internal Dictionary<(int, int), Var> Carried { get; } = [];

    internal HashSet<(int, int)> Reached { get; } = [];

    /// <summary>The recorded nodes.</summary>
    public ReadOnlySpan<Node<T>> Nodes => _nodes.AsSpan(0, Count);

    /// <summary>Node number <paramref name="index"/>.</summary>
    public ref readonly Node<T> Node(int index) => ref _nodes.AsSpan(0, Count)[index];

    /// <summary>Input <paramref name="i"/> of a node.</summary>
    public Var Input(in Node<T> node, int i)
    {
        if ((uint)i >= (uint)node.InputCount) throw new ArgumentOutOfRangeException(nameof(i), $"{node.Op.Name} has {node.InputCount} inputs, asked for number {i}.");
        return _inputs[node.FirstInput + i];
    }

    /// <summary>Forgets all nodes and values; memory stays.</summary>
    public void Reset()
    {
        Count = 0;
        _inputCount = 0;
        _backwardNext = -1;
        _arena.Reset((0, 0));
        Workspace.Reset((0, 0));
        Checks.NextPass();
    }

    /// <summary>A place to come back to with <see cref="Release"/>: for recomputation and throw-away parts of a graph. Marks nest.</summary>
    public TapeMark Mark() => new(Count, _inputCount, _arena.Mark.Chunk, _arena.Mark.Offset);

    /// <summary>Forgets everything recorded since <paramref name="mark"/>. A backward pass under way ends, unless it has only nodes before the mark left to walk.</summary>
    public void Release(TapeMark mark)
    {
        if (mark.Nodes > Count) throw new ArgumentException("Tape.Release: the mark is newer than the tape.");
        Count = mark.Nodes;
        _inputCount = mark.Inputs;
        // A pass under way goes on where only what it does not walk is forgotten.
        if (_backwardNext >= Count) _backwardNext = -1;
        _arena.Reset((mark.Chunk, mark.Offset));
    }

    /// <summary>Copies a batch in. [rows x cols], row-major.</summary>
    public Var Input(ReadOnlySpan<T> values, int rows, int cols, bool needsGrad = false)
    {
        if (values.Length != rows * cols) throw new ArgumentException($"Tape.Input: {values.Length} numbers do not make {rows}x{cols}.");
        Var v = Allocate(rows, cols, needsGrad);
        Backend.Write(values, ValueOf(v));
        return v;
    }

    /// <summary>A constant [rows x cols] filled with one value.</summary>
    public Var Constant(double value, int rows = 1, int cols = 1)
    {
        Var v = Allocate(rows, cols, false);
        BasicKernels<T>.Fill(Backend, ValueOf(v), value);
        return v;
    }

    /// <summary>The constant identity matrix [n x n].</summary>
    public Var Identity(int n)
    {
        Var v = Constant(0, n, n);
        BasicKernels<T>.AddDiagonal(Backend, ValueOf(v), n, 1);
        return v;
    }

    /// <summary>Memory for a value that no op writes: for inputs filled by the caller through the backend.</summary>
    public Var Allocate(int rows, int cols, bool needsGrad)
    {
        if (rows < 0 || cols < 0) throw new ArgumentException($"Tape: a value of {rows}x{cols}.");
        (int chunk, int offset) = _arena.Allocate(rows * cols);
        return new Var(chunk + Var.FirstArenaChunk, offset, rows, cols, needsGrad && RecordsGradients);
    }

    /// <summary>Runs an op and records it.</summary>
    /// <param name="op">The singleton.</param>
    /// <param name="inputs">Handles; <see cref="Var.None"/> for an absent optional one.</param>
    /// <param name="rows">Rows of the first output.</param>
    /// <param name="cols">Columns of the first output.</param>
    /// <param name="rows1">Rows of a second output; 0 for none.</param>
    /// <param name="cols1">Columns of a second output.</param>
    /// <param name="scratch">Elements kept from forward to backward.</param>
    /// <param name="i0">Integer parameter.</param>
    /// <param name="i1">Integer parameter.</param>
    /// <param name="i2">Integer parameter.</param>
    /// <param name="p0">Real parameter.</param>
    /// <param name="p1">Real parameter.</param>
    /// <param name="key">64-bit parameter.</param>
    /// <returns>The node; its outputs are <c>Out0</c> and <c>Out1</c>.</returns>
    public ref readonly Node<T> Record(
        Op<T> op, ReadOnlySpan<Var> inputs, int rows, int cols, int rows1 = 0, int cols1 = 0, int scratch = 0,
        int i0 = 0, int i1 = 0, int i2 = 0, double p0 = 0, double p1 = 0, ulong key = 0)
    {
        if (Count == _nodes.Length) Array.Resize(ref _nodes, 2 * Count);
        if (_inputCount + inputs.Length > _inputs.Length) Array.Resize(ref _inputs, 2 * (_inputCount + inputs.Length));
        bool needsGrad = false;
        int first = _inputCount;
        foreach (Var given in inputs)
        {
            Var v = FreezesParameters && given.Chunk == Var.ParameterChunk ? given.Detach() : given;
            needsGrad |= v.NeedsGrad;
            _inputs[_inputCount++] = RecordsGradients ? v : v with { NeedsGrad = false };
        }
        ref Node<T> node = ref _nodes[Count];
        node = default;
        node.Op = op;
        node.FirstInput = first;
        node.InputCount = inputs.Length;
        node.Out0 = Allocate(rows, cols, needsGrad);
        node.Out1 = rows1 * cols1 > 0 ? Allocate(rows1, cols1, needsGrad) : Var.None;
        node.Scratch = scratch > 0 ? Allocate(1, scratch, false) : Var.None;
        node.I0 = i0;
        node.I1 = i1;
        node.I2 = i2;
        node.P0 = p0;
        node.P1 = p1;
        node.Key = key;
        node.Scope = Scope;
        int index = Count++;
        (int, int) borrowed = Workspace.Mark;
        bool ran = false;
        try
        {
            op.Forward(new OpContext<T>(this, in node));
            ran = true;
        }
        finally
        {
            // A node whose op refused its input must not be walked back.
            if (!ran) Count = index;
            Workspace.Reset(borrowed);
        }
        // The op may have recorded above itself, and the array grown.
        return ref _nodes[index];
    }

    /// <summary>Gradients of a scalar with respect to everything that needs one. Clears all gradients first, those of the store too unless <paramref name="accumulate"/>.</summary>
    /// <exception cref="InvalidOperationException">The graph breaks a rule of <see cref="TapeRules"/>.</exception>
    public void Backward(Var loss, bool accumulate = false)
    {
        if (loss.Length != 1) throw new ArgumentException($"Backward: the loss is {loss.Shape}, it must be 1x1; sum it first, or give a seed.");
        BeginBackward(loss, accumulate);
        BasicKernels<T>.Fill(Backend, GradOf(loss), 1);
        while (StepBackward() >= 0) { }
    }

    /// <summary>Vector-Jacobian product: as <see cref="Backward(Var, bool)"/>, from the cotangent <paramref name="seed"/> of <paramref name="output"/>.</summary>
    public void Backward(Var output, ReadOnlySpan<T> seed, bool accumulate = false)
    {
        BeginBackward(output, seed, accumulate);
        while (StepBackward() >= 0) { }
    }

    /// <summary>Clears gradients and seeds the output; then <see cref="StepBackward"/> walks one node at a time.</summary>
    public void BeginBackward(Var output, ReadOnlySpan<T> seed, bool accumulate = false)
    {
        if (seed.Length != output.Length) throw new ArgumentException($"Backward: a seed of {seed.Length} numbers for an output of {output.Shape}.");
        BeginBackward(output, accumulate);
        Backend.Write(seed, GradOf(output));
    }

    /// <summary>Runs the next node's backward and returns its number; -1 when done. The gradients it changed are those of its inputs.</summary>
    public int StepBackward()
    {
        while (_backwardNext >= 0)
        {
            int index = _backwardNext--;
            if (WalkBack(index)) return index;
        }
        return -1;
    }

    /// <summary>Memory of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Slice ValueOf(Var v)
    {
        if (v.Chunk >= Var.FirstArenaChunk) return _arena.Value(v.Chunk - Var.FirstArenaChunk, v.Offset, v.Length);
        return v.IsNone ? Slice.None : BoundStore.ValueOf(v);
    }

    /// <summary>Memory of a value's gradient; none where none flows.</summary>
    public Slice GradOf(Var v)
    {
        if (!v.NeedsGrad) return Slice.None;
        return v.Chunk >= Var.FirstArenaChunk ? _arena.Gradient(v.Chunk - Var.FirstArenaChunk, v.Offset, v.Length) : BoundStore.GradientOf(v);
    }

    /// <summary>Memory of a value's gradient for an op that writes all of it; see <see cref="OpContext{T}.ClaimDx"/>.</summary>
    internal Slice ClaimGradOf(Var v, out bool holdsNumbers)
    {
        holdsNumbers = false;
        if (!v.NeedsGrad) return Slice.None;
        return v.Chunk >= Var.FirstArenaChunk
            ? _arena.ClaimGradient(v.Chunk - Var.FirstArenaChunk, v.Offset, v.Length, out holdsNumbers)
            : BoundStore.ClaimGradient(v, out holdsNumbers);
    }

    /// <summary>Memory of a value's tangent; none for buffers, detached and absent values.</summary>
    public Slice TangentOf(Var v)
    {
        if (v.IsDetached) return Slice.None;
        if (v.Chunk >= Var.FirstArenaChunk) return _arena.Tangent(v.Chunk - Var.FirstArenaChunk, v.Offset, v.Length);
        return v.Chunk == Var.ParameterChunk ? BoundStore.Tangents.Part(v.Offset, v.Length) : Slice.None;
    }

    /// <summary>Copies a value out; throws what checks have found and not said yet (see <see cref="DeferredChecks{T}"/>).</summary>
    public void Read(Var v, Span<T> destination)
    {
        Checks.Require();
        Backend.Read(ValueOf(v), destination);
    }

    /// <summary>Copies a gradient out, as <see cref="Read"/>.</summary>
    public void ReadGrad(Var v, Span<T> destination)
    {
        Checks.Require();
        Backend.Read(GradOf(v), destination);
    }

    /// <summary>Value of a 1x1.</summary>
    public T Scalar(Var v)
    {
        Span<T> one = stackalloc T[1];
        Read(v, one);
        return one[0];
    }

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        _arena.Dispose();
        Workspace.Dispose();
        Checks.Dispose();
    }

    private void BeginBackward(Var output, bool accumulate)
    {
        if (!output.NeedsGrad) throw new InvalidOperationException("Backward: no gradient flows into this value; nothing it depends on needs one (or the tape's RecordsGradients is off).");
        TapeRules.Check(this, 0);
        _arena.ClearGradients((0, 0));
        if (!accumulate) Store?.ClearGradients();
        _backwardNext = Count - 1;
    }

    private ParameterStore<T> BoundStore => Store ?? throw new InvalidOperationException("Tape: this handle names a parameter or buffer, but the tape is bound to no store.");
}
