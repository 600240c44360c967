namespace NativeFlow.Cli;

/// <summary>LAPACK's and BLAS' way to do what <see cref="FactorSuite"/> measures, from the same fresh copies.</summary>
internal static unsafe class FactorPeer
{
    private const int BlocksOfWork = 128;

    /// <summary>The work as a loop, or null where this library lacks a routine.</summary>
    public static Action<int>? Body<T>(BlasPeer peer, BenchMemory memory, string kernel, int n, int count, int rhs, T* fresh, T* b0) where T : unmanaged
    {
        bool single = typeof(T) == typeof(float);
        long nn = (long)n * n;
        T* a = memory.Zeros<T>(count * nn), work = memory.Zeros<T>((long)BlocksOfWork * n), tau = memory.Zeros<T>(n), b = memory.Zeros<T>(Math.Max(1, (long)n * rhs));
        // Order, workspace length and result code stay where they are: LAPACK takes everything by address.
        int* order = memory.Zeros<int>(4), info = order + 2, pivots = memory.Zeros<int>(n);
        (order[0], order[1]) = (n, BlocksOfWork * n);
        byte* lower = memory.Zeros<byte>(1);
        *lower = (byte)'L';
        var getrf = peer.Getrf(single);
        var getri = peer.Getri(single);
        var potrf = peer.Potrf(single);
        var geqrf = peer.Geqrf(single);
        var orgqr = peer.Orgqr(single);
        void Copy() => new Span<T>(fresh, (int)(count * nn)).CopyTo(new Span<T>(a, (int)(count * nn)));
        void Check()
        {
            if (*info != 0) throw new InvalidOperationException($"{peer.Name} {kernel} {n}: info {*info}.");
        }

        switch (kernel)
        {
            case "LU" or "LU batch" when getrf is not null:
                return times =>
                {
                    for (; times > 0; times--)
                    {
                        Copy();
                        for (int i = 0; i < count; i++) getrf(order, order, a + (i * nn), order, pivots, info);
                    }

                    Check();
                };
            case "inverse" when getrf is not null && getri is not null:
                return times =>
                {
                    for (; times > 0; times--)
                    {
                        Copy();
                        getrf(order, order, a, order, pivots, info);
                        getri(order, a, order, pivots, work, order + 1, info);
                    }

                    Check();
                };
            case "solve" when single ? peer.STrsm is not null : peer.DTrsm is not null:
                return times =>
                {
                    for (; times > 0; times--)
                    {
                        new Span<T>(b0, n * rhs).CopyTo(new Span<T>(b, n * rhs));
                        if (single) peer.STrsm(BlasPeer.RowMajor, BlasPeer.Left, BlasPeer.Lower, BlasPeer.NoTranspose, BlasPeer.NonUnit, n, rhs, 1, (float*)fresh, n, (float*)b, rhs);
                        else peer.DTrsm(BlasPeer.RowMajor, BlasPeer.Left, BlasPeer.Lower, BlasPeer.NoTranspose, BlasPeer.NonUnit, n, rhs, 1, (double*)fresh, n, (double*)b, rhs);
                    }
                };
            case "Cholesky" when potrf is not null:
                return times =>
                {
                    for (; times > 0; times--)
                    {
                        Copy();
                        potrf(lower, order, a, order, info, 1);
                    }

                    Check();
                };
            case "QR" when geqrf is not null && orgqr is not null:
                return times =>
                {
                    for (; times > 0; times--)
                    {
                        Copy();
                        geqrf(order, order, a, order, tau, work, order + 1, info);
                        orgqr(order, order, order, a, order, tau, work, order + 1, info);
                    }

                    Check();
                };
            default:
                return null;
        }
    }
}
