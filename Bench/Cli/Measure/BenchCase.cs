namespace NativeFlow.Cli;

/// <summary>One row to measure: its contenders, ours first, and the limit they are held against.</summary>
/// <param name="key">What it is.</param>
/// <param name="work">Flops, bytes or elements of one call.</param>
internal sealed class BenchCase(BenchKey key, double work) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public BenchKey Key { get; } = key;

    public double Work { get; } = work;

    /// <summary>Seconds that one call needs at the physical limit, measured now; null where there is no limit to name.</summary>
    public Func<double>? Floor { get; init; }

    /// <summary>Least number of calls in one turn: more than one where calls follow each other in use.</summary>
    public int LeastCalls { get; init; } = 1;

    /// <summary>Managed bytes that one call of ours allocates; NaN where it was not measured.</summary>
    public double BytesAllocated { get; set; } = double.NaN;

    public List<BenchContender> Contenders { get; } = [];

    public BenchMemory Memory { get; } = new();

    /// <summary>Gives what is added back with the case.</summary>
    public T Own<T>(T item) where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--) _owned[i].Dispose();
        Memory.Dispose();
    }
}
