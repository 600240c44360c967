using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>
/// Factorisations. Everyone starts from a fresh copy of the matrix, which is part of the time. LAPACK works on columns: it factors the transpose,
/// at the same cost.
/// </summary>
internal static unsafe class FactorSuite
{
    private const int RightSides = 100;
    private static readonly int[] Orders = [64, 196, 392, 784, 1568];
    private static readonly int[] QuickOrders = [64];
    private static readonly int[] MiddleOrders = [196, 784];
    private static readonly int[] SmallOrders = [8, 16, 32];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        if (settings.Threads > 1) yield break;
        foreach (string type in settings.Types)
        {
            foreach (int n in settings.SizesOr(Orders, QuickOrders)) yield return Plan(settings, "LU", type, n, 0);
            foreach (string kernel in (string[])["inverse", "solve", "Cholesky", "QR"])
                foreach (int n in settings.SizesOr(MiddleOrders, QuickOrders)) yield return Plan(settings, kernel, type, n, kernel == "solve" ? RightSides : 0);
            foreach (int n in settings.SizesOr(SmallOrders, SmallOrders[..1]).Where(n => n <= 64)) yield return Plan(settings, "LU batch", type, n, 256);
        }
    }

    private static BenchPlan Plan(BenchSettings settings, string kernel, string type, int n, int k)
    {
        var key = new BenchKey("factor", kernel, type, kernel switch
        {
            "solve" => FormattableString.Invariant($"{n}, {k} rhs"),
            "LU batch" => FormattableString.Invariant($"{k} of {n}"),
            _ => FormattableString.Invariant($"{n}"),
        }, n, n, k);
        return new BenchPlan(key, () => type == "float" ? Make<float>(settings, key) : Make<double>(settings, key));
    }

    private static double Flops(string kernel, double n, double k) => kernel switch
    {
        "LU" => 2 * n * n * n / 3,
        "inverse" => 2 * n * n * n,
        "solve" => n * n * k,
        "Cholesky" => n * n * n / 3,
        "QR" => 8 * n * n * n / 3,
        _ => k * 2 * n * n * n / 3,
    };

    private static BenchCase Make<T>(BenchSettings settings, BenchKey key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = key.N, count = key.Kernel == "LU batch" ? key.K : 1, rhs = key.Kernel == "solve" ? key.K : 0;
        int nn = n * n;
        double work = Flops(key.Kernel, n, key.K);
        var what = new BenchCase(key, work) { Floor = () => work / FmaPeak.Now<T>(FmaPeak.Width) };
        T* fresh = Matrix<T>(what.Memory, n, count);
        T* a = what.Memory.Zeros<T>((long)count * nn), r = what.Memory.Zeros<T>(nn), b0 = what.Memory.Normal<T>(Math.Max(1, (long)n * rhs)), b = what.Memory.Zeros<T>(Math.Max(1, (long)n * rhs));
        int* pivots = what.Memory.Zeros<int>((long)n * count), zeros = what.Memory.Zeros<int>(count);
        Action once = key.Kernel switch
        {
            "LU" => FactorOnce,
            "inverse" => InvertOnce,
            "solve" => SolveOnce,
            "Cholesky" => CholeskyOnce,
            "QR" => () => Qr.Factor<T>(Of(fresh, nn), n, n, Of(a, nn), Of(r, nn)),
            _ => BatchOnce,
        };
        what.Contenders.Add(BenchContender.OneThread(BenchContender.Ours, times => { for (; times > 0; times--) once(); }));
        foreach (BlasPeer peer in settings.Blas)
            if (FactorPeer.Body(peer, what.Memory, key.Kernel, n, count, rhs, fresh, b0) is { } body) what.Contenders.Add(BenchContender.OneThread(peer.Name, body));
        return what;

        void Copy() => Of(fresh, count * nn).CopyTo(Of(a, count * nn));

        void FactorOnce()
        {
            Copy();
            Lu.Factor(Of(a, nn), n, new Span<int>(pivots, n));
        }

        void InvertOnce()
        {
            FactorOnce();
            Lu.Inverse<T>(Of(a, nn), n, new Span<int>(pivots, n), Of(r, nn));
        }

        void SolveOnce()
        {
            Of(b0, n * rhs).CopyTo(Of(b, n * rhs));
            TriangularSolve.Left<T>(new Triangle(Lower: true), Of(fresh, nn), n, Of(b, n * rhs), rhs);
        }

        void CholeskyOnce()
        {
            Copy();
            Cholesky.Factor(Of(a, nn), n);
        }

        void BatchOnce()
        {
            Copy();
            Lu.FactorBatched(Of(a, count * nn), n, count, nn, new Span<int>(pivots, n * count), new Span<int>(zeros, count));
        }
    }

    private static Span<T> Of<T>(T* p, int length) where T : unmanaged => new(p, length);

    // Symmetric and positive definite, with a diagonal that keeps every triangle well conditioned: fit for all kernels.
    private static T* Matrix<T>(BenchMemory memory, int n, int count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = memory.Normal<T>((long)count * n * n, 1 / Math.Sqrt(n));
        for (int m = 0; m < count; m++, a += n * n)
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < i; j++) a[(j * n) + i] = a[(i * n) + j];
                a[(i * n) + i] = T.CreateTruncating(3);
            }

        return a - ((long)count * n * n);
    }
}
