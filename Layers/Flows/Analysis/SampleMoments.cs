namespace NativeFlow.Layers;

/// <summary>Mean and deviation of numbers that come one by one, from sums of their distances to the first: constants have a deviation of exactly 0.</summary>
internal struct SampleMoments
{
    private double _first, _sum, _squares;

    /// <summary>Numbers so far.</summary>
    public long Count { get; private set; }

    public readonly double Mean => _first + (_sum / Count);

    /// <summary>Standard deviation, n - 1 in the denominator.</summary>
    public readonly double Deviation => Math.Sqrt(Math.Max(0, _squares - (_sum * _sum / Count)) / Math.Max(1, Count - 1));

    /// <summary>Of the mean.</summary>
    public readonly double StandardError => Deviation / Math.Sqrt(Count);

    public void Add(double value)
    {
        if (Count++ == 0) _first = value;
        double distance = value - _first;
        _sum += distance;
        _squares += distance * distance;
    }
}
