namespace NativeFlow.Kernels;

/// <summary>Work on rows or columns that can be cut anywhere: whatever the cuts, the same numbers come out.</summary>
internal interface IStretch
{
    /// <summary>Rows or columns from .. to.</summary>
    void Run(int from, int to);
}
