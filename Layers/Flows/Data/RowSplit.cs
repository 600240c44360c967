namespace NativeFlow.Layers;

/// <summary>Which rows of a table are for training, validation and test; each list ascending, no row in two.</summary>
public sealed class RowSplit
{
    private readonly int[] _train;
    private readonly int[] _validation;
    private readonly int[] _test;

    internal RowSplit(int[] train, int[] validation, int[] test)
    {
        _train = train;
        _validation = validation;
        _test = test;
    }

    /// <summary>Training rows.</summary>
    public ReadOnlySpan<int> Train => _train;

    /// <summary>Validation rows.</summary>
    public ReadOnlySpan<int> Validation => _validation;

    /// <summary>Test rows.</summary>
    public ReadOnlySpan<int> Test => _test;
}
