using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Matrix products: squares in all forms, and the three products of a linear layer's step.</summary>
internal static unsafe class GemmSuite
{
    private static readonly int[] Squares = [16, 32, 64, 96, 128, 192, 256, 384, 512, 784, 1024, 2048];
    private static readonly int[] QuickSquares = [32, 96];
    private static readonly int[] Widths = [196, 392, 784, 1568, 3072];
    private static readonly int[] QuickWidths = [196];
    private static readonly int[] Batches = [100, 256];

    /// <summary>Larger products take the same code; comparing them would cost as much as measuring.</summary>
    private const double MostFlopsToCompare = 1e9;

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        foreach (string type in settings.Types)
        {
            foreach (int n in settings.SizesOr(Squares, QuickSquares))
                foreach (string form in (string[])["NN", "NT", "TN", "TT"])
                    yield return Plan(settings, type, form, n, n, n, Invariant($"{n}"));
            foreach (int d in settings.SizesOr(Widths, QuickWidths))
                foreach (int batch in (settings.Quick ? Batches[..1] : Batches).Where(b => b != d))
                    foreach (string form in (string[])["NT", "NN", "TN"])
                        yield return form == "TN"
                            ? Plan(settings, type, form, d, d, batch, Invariant($"{d}x{d}x{batch}"))
                            : Plan(settings, type, form, batch, d, d, Invariant($"{batch}x{d}x{d}"));
        }
    }

    private static BenchPlan Plan(BenchSettings settings, string type, string form, int m, int n, int k, string size)
    {
        var key = new BenchKey("gemm", form, type, size, m, n, k, settings.Threads);
        return new BenchPlan(key, () => type == "float" ? Make<float>(settings, key) : Make<double>(settings, key));
    }

    private static BenchCase Make<T>(BenchSettings settings, BenchKey key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int m = key.M, n = key.N, k = key.K;
        bool ta = key.Kernel[0] == 'T', tb = key.Kernel[1] == 'T';
        int lda = ta ? m : k, ldb = tb ? k : n;
        double work = 2.0 * m * n * k;
        Workers? workers = key.Threads > 1 ? new Workers(key.Threads) : null;
        var peak = new PeakOnThreads<T>();
        var what = new BenchCase(key, work)
        {
            Floor = workers is null ? () => work / FmaPeak.Now<T>(FmaPeak.Width) : () => work / peak.Now(workers),
        };
        T* a = what.Memory.Normal<T>((long)m * k), b = what.Memory.Normal<T>((long)k * n), c = what.Memory.Zeros<T>((long)m * n);
        if (workers is not null)
        {
            what.Own(workers);
            what.Contenders.Add(BenchContender.ManyThreads(BenchContender.Ours, times => { for (; times > 0; times--) Gemm.Run(ta, tb, m, n, k, T.One, a, lda, b, ldb, false, c, n, workers); }));
            what.Contenders.Add(BenchContender.ManyThreads(PeerNames.OneThread, times => { for (; times > 0; times--) Gemm.Run(ta, tb, m, n, k, T.One, a, lda, b, ldb, false, c, n); }));
            return what;
        }

        what.Contenders.Add(BenchContender.OneThread(BenchContender.Ours, times => { for (; times > 0; times--) Gemm.Run(ta, tb, m, n, k, T.One, a, lda, b, ldb, false, c, n); }));
        T* d = what.Memory.Zeros<T>((long)m * n);
        foreach (BlasPeer peer in settings.Blas)
        {
            if (Product(peer, ta, tb, m, n, k, a, lda, b, ldb, d) is not { } body) continue;
            what.Contenders.Add(BenchContender.OneThread(peer.Name, body));
            if (work <= MostFlopsToCompare) SameWork.Require(what, body, c, d, (long)m * n);
        }

        return what;
    }

    private static Action<int>? Product<T>(BlasPeer peer, bool ta, bool tb, int m, int n, int k, T* a, int lda, T* b, int ldb, T* c) where T : unmanaged
    {
        int transposeA = ta ? BlasPeer.Transpose : BlasPeer.NoTranspose, transposeB = tb ? BlasPeer.Transpose : BlasPeer.NoTranspose;
        if (typeof(T) == typeof(double))
            return peer.DGemm is null ? null : times => { for (; times > 0; times--) peer.DGemm(BlasPeer.RowMajor, transposeA, transposeB, m, n, k, 1, (double*)a, lda, (double*)b, ldb, 0, (double*)c, n); };
        if (peer.SGemm is not null)
            return times => { for (; times > 0; times--) peer.SGemm(BlasPeer.RowMajor, transposeA, transposeB, m, n, k, 1, (float*)a, lda, (float*)b, ldb, 0, (float*)c, n); };
        byte letterA = (byte)(ta ? 'T' : 'N'), letterB = (byte)(tb ? 'T' : 'N');
        return peer.DnnlGemm is null ? null : times =>
        {
            for (; times > 0; times--)
                if (peer.DnnlGemm(letterA, letterB, m, n, k, 1, (float*)a, lda, (float*)b, ldb, 0, (float*)c, n) != 0) throw new InvalidOperationException("dnnl_sgemm refused.");
        };
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>The multiply-add loop on all threads of a crew at once.</summary>
    private sealed class PeakOnThreads<T> : WorkItem where T : unmanaged, IFloatingPointIeee754<T>
    {
        private const int Iterations = 10_000;

        private readonly double[] _flops = new double[1024];

        public double Now(Workers workers)
        {
            int pieces = 16 * workers.Threads;
            double start = BenchClock.Wall;
            workers.Run(this, pieces);
            return _flops.Take(pieces).Sum() / (BenchClock.Wall - start);
        }

        public override void Execute(int index) => _flops[index] = FmaPeak.Work<T>(FmaPeak.Width, Iterations);
    }
}
