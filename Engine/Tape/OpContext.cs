using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>What an op sees while it runs: its node, and the memory its handles name.</summary>
public readonly ref struct OpContext<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Tape<T> _tape;
    private readonly ref readonly Node<T> _node;

    internal OpContext(Tape<T> tape, in Node<T> node)
    {
        _tape = tape;
        _node = ref node;
    }

    /// <summary>The node being run.</summary>
    public ref readonly Node<T> Node => ref _node;

    /// <summary>The tape, for an op that records more above itself and forgets it before it returns.</summary>
    public Tape<T> Tape => _tape;

    /// <summary>Where it runs.</summary>
    public IBackend<T> Backend => _tape.Backend;

    /// <summary>Handle of input <paramref name="i"/>.</summary>
    public Var In(int i) => _tape.Input(_node, i);

    /// <summary>Handle of output <paramref name="i"/> (0 or 1).</summary>
    public Var Out(int i = 0) => i == 0 ? _node.Out0 : _node.Out1;

    /// <summary>Value of input <paramref name="i"/>; <see cref="Slice.None"/> for an absent one.</summary>
    public Slice X(int i) => _tape.ValueOf(In(i));

    /// <summary>Gradient of input <paramref name="i"/>, to be added to; <see cref="Slice.None"/> when nobody wants it.</summary>
    public Slice Dx(int i) => _tape.GradOf(In(i));

    /// <summary>Whether somebody wants the gradient of input <paramref name="i"/>.</summary>
    public bool Wants(int i) => In(i).NeedsGrad;

    /// <summary>
    /// Gradient of input <paramref name="i"/> for an op that covers all of it: where <paramref name="add"/> is false the memory holds
    /// nothing of this pass and must be overwritten whole, at once, before another gradient is asked for. Saves clearing and reading it.
    /// </summary>
    public Slice ClaimDx(int i, out bool add) => _tape.ClaimGradOf(In(i), out add);

    /// <summary>Tangent of input <paramref name="i"/>; <see cref="Slice.None"/> for an absent one.</summary>
    public Slice Tx(int i) => _tape.TangentOf(In(i));

    /// <summary>Value of output <paramref name="i"/>.</summary>
    public Slice Y(int i = 0) => _tape.ValueOf(Out(i));

    /// <summary>Gradient of output <paramref name="i"/>; <see cref="Slice.None"/> when no gradient flows.</summary>
    public Slice Dy(int i = 0) => _tape.GradOf(Out(i));

    /// <summary>Tangent of output <paramref name="i"/>, to be written.</summary>
    public Slice Ty(int i = 0) => _tape.TangentOf(Out(i));

    /// <summary>Memory kept from forward to backward.</summary>
    public Slice Scratch => _tape.ValueOf(_node.Scratch);

    /// <summary>Memory for the time of this call alone; contents undefined.</summary>
    public Slice Borrow(int elements) => _tape.Workspace.Take(elements);

    /// <summary>Runs a kernel.</summary>
    public void Run(KernelId kernel, scoped ReadOnlySpan<Slice> slices, scoped ReadOnlySpan<int> sizes = default, scoped ReadOnlySpan<double> reals = default)
        => _tape.Backend.Run(kernel, new KernelArgs(slices, sizes, reals));
}
