using NativeFlow.Kernels;

namespace NativeFlow.Engine;

// The passes over a tape besides the backward pass over all of it: tangents, and parts that an op records, walks and forgets inside its own call.
public sealed partial class Tape<T>
{
    /// <summary>Zeroes all tangents; set those of chosen values, then call <see cref="PushForward()"/>.</summary>
    public void ClearTangents()
    {
        _arena.ClearTangents((0, 0));
        Store?.ClearTangents();
    }

    /// <summary>Jacobian-vector product: carries tangents through every node, in order.</summary>
    public void PushForward() => PushForward(0);

    /// <summary>
    /// Zeroes the gradients of everything recorded since <paramref name="mark"/>, and of nothing else; then <see cref="AddGradient"/> seeds and
    /// <see cref="BackwardPart"/> walks. May run inside a backward pass: what the part reads from before the mark gains its share in that pass.
    /// </summary>
    /// <exception cref="InvalidOperationException">The part breaks a rule of <see cref="TapeRules"/>.</exception>
    public void BeginPart(TapeMark mark)
    {
        TapeRules.Check(this, mark.Nodes);
        _arena.ClearGradients((mark.Chunk, mark.Offset));
    }

    /// <summary>Adds a cotangent to the gradient of a value; does nothing where none flows.</summary>
    public void AddGradient(Var v, Slice cotangent)
    {
        if (!v.NeedsGrad) return;
        Slice gradient = ClaimGradOf(v, out bool add);
        if (add) BasicKernels<T>.AddScaled(Backend, cotangent, gradient);
        else BasicKernels<T>.Copy(Backend, cotangent, gradient);
    }

    /// <summary>Walks back what was recorded since <paramref name="mark"/>, newest first.</summary>
    public void BackwardPart(TapeMark mark)
    {
        for (int i = Count - 1; i >= mark.Nodes; i--) WalkBack(i);
    }

    /// <summary>Zeroes the tangents of everything recorded since <paramref name="mark"/>, and of nothing else; for <see cref="PushForwardPart"/>.</summary>
    public void BeginTangentPart(TapeMark mark) => _arena.ClearTangents((mark.Chunk, mark.Offset));

    /// <summary>Carries tangents through what was recorded since <paramref name="mark"/>. May run inside <see cref="PushForward()"/>.</summary>
    public void PushForwardPart(TapeMark mark) => PushForward(mark.Nodes);

    private void PushForward(int from)
    {
        for (int i = from; i < Count; i++)
        {
            ref Node<T> node = ref _nodes[i];
            (int, int) borrowed = Workspace.Mark;
            node.Op.Jvp(new OpContext<T>(this, in node));
            Workspace.Reset(borrowed);
        }
    }

    // False for a node through which nothing flows. The borrowed memory goes back to where it was: an op may walk nodes inside its own call.
    private bool WalkBack(int index)
    {
        ref Node<T> node = ref _nodes[index];
        if (!node.NeedsGrad) return false;
        (int, int) borrowed = Workspace.Mark;
        node.Op.Backward(new OpContext<T>(this, in node));
        Workspace.Reset(borrowed);
        return true;
    }
}
