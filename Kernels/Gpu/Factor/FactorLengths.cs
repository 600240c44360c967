namespace NativeFlow.Kernels.Gpu;

/// <summary>Lengths of the shared memory of factorisations.</summary>
public static class FactorLengths
{
    /// <summary>Columns of a panel on a small device.</summary>
    public readonly struct Eight : ILength
    {
        /// <inheritdoc/>
        public static int Value => 8;
    }

    /// <summary>Columns of a panel.</summary>
    public readonly struct ThirtyTwo : ILength
    {
        /// <inheritdoc/>
        public static int Value => 32;
    }

    /// <summary>Columns of the right-hand sides that a group takes.</summary>
    public readonly struct SixtyFour : ILength
    {
        /// <inheritdoc/>
        public static int Value => 64;
    }

    /// <summary>Most items of a group that meets over one result.</summary>
    public readonly struct Most : ILength
    {
        /// <inheritdoc/>
        public static int Value => 512;
    }

    /// <summary>Twice a length.</summary>
    public readonly struct Twice<TLength> : ILength where TLength : struct, ILength
    {
        /// <inheritdoc/>
        public static int Value => 2 * TLength.Value;
    }

    /// <summary>A matrix.</summary>
    public readonly struct Product<TRows, TColumns> : ILength
        where TRows : struct, ILength
        where TColumns : struct, ILength
    {
        /// <inheritdoc/>
        public static int Value => TRows.Value * TColumns.Value;
    }

    /// <summary>A matrix whose rows are one longer than they need be, so that neither rows nor columns meet in one bank of the memory.</summary>
    public readonly struct Padded<TRows, TColumns> : ILength
        where TRows : struct, ILength
        where TColumns : struct, ILength
    {
        /// <inheritdoc/>
        public static int Value => TRows.Value * (TColumns.Value + 1);
    }
}
