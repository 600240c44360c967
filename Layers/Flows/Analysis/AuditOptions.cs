namespace NativeFlow.Layers;

/// <summary>How thoroughly <see cref="JacobianAudit"/> looks.</summary>
public sealed record AuditOptions
{
    /// <summary>Draws of the random numbers, 2 at least; what turns out to be the same in every draw is drawn only a few times.</summary>
    public int Draws { get; init; } = 200;

    /// <summary>Key of the random numbers; draw number i is training step i under it.</summary>
    public ulong Key { get; init; }

    /// <summary>Most features for which dense Jacobians are taken: for the check of the exact reference and for variances by formula.</summary>
    public int DenseLimit { get; init; } = 128;

    /// <summary>Rows whose dense Jacobian is taken.</summary>
    public int DenseRows { get; init; } = 4;

    /// <summary>Bytes that the exact gradient may take; fewer rows are used where all would take more.</summary>
    public long MemoryLimit { get; init; } = 2L << 30;

    /// <summary>Told what is being done: subject, draws done, draws in all.</summary>
    public Action<string, int, int>? Progress { get; init; }

    internal void Check()
    {
        if (Draws < 2) throw new ArgumentException($"AuditOptions: {Draws} draws have no standard error; take 2 or more.");
        if (DenseRows < 0 || MemoryLimit < 1) throw new ArgumentException($"AuditOptions: {DenseRows} dense rows within {MemoryLimit} bytes; the first must not be negative, the second be above 0.");
    }
}
