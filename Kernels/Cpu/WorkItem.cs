namespace NativeFlow.Kernels;

/// <summary>Work that can be cut into independent pieces. Pieces must write disjoint memory, so that results do not depend on who runs them.</summary>
public abstract class WorkItem
{
    /// <summary>Does piece number <paramref name="index"/>.</summary>
    public abstract void Execute(int index);
}
