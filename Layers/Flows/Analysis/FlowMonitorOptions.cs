namespace NativeFlow.Layers;

/// <summary>How closely a <see cref="FlowMonitor{T}"/> looks, and what alarms it.</summary>
public sealed record FlowMonitorOptions
{
    /// <summary>Steps of each power iteration; the vectors are kept from look to look.</summary>
    public int Iterations { get; init; } = 20;

    /// <summary>Up to this many features the Jacobian is made whole and all its singular values are found.</summary>
    public int DenseLimit { get; init; } = 64;

    /// <summary>Probe rows, from the first, whose whole Jacobian is made.</summary>
    public int DenseRows { get; init; } = 1;

    /// <summary>Alarm above this condition number times the rounding unit of the flow's own type: a hundredth of a number's value is then lost on the way back.</summary>
    public double ConditionLimit { get; init; } = 1e-2;

    /// <summary>Alarm above this error of the way there and back in the flow's own type, in units of x.</summary>
    public double RoundTripLimit { get; init; } = 1e-3;

    /// <summary>Alarm where the mean log-determinant moves from one look to the next by more than this many standard deviations over the probe rows.</summary>
    public double JumpLimit { get; init; } = 10;
}
