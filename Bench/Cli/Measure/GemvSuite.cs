using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>One row times a matrix: x Wᵀ (forward) and x W (backward). The limit is reading the very same matrix.</summary>
internal static unsafe class GemvSuite
{
    private static readonly int[] Widths = [392, 784, 1568, 3072, 8192];
    private static readonly int[] QuickWidths = [392];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        if (settings.Threads > 1) yield break;
        foreach (string type in settings.Types)
            foreach (int d in settings.SizesOr(Widths, QuickWidths))
                foreach (string form in (string[])["xWt", "xW"])
                {
                    var key = new BenchKey("gemv", form, type, FormattableString.Invariant($"{d}"), 1, d, d);
                    yield return new BenchPlan(key, () => type == "float" ? Make<float>(settings, key) : Make<double>(settings, key));
                }
    }

    private static BenchCase Make<T>(BenchSettings settings, BenchKey key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = key.N;
        bool transposed = key.Kernel == "xWt";
        double bytes = (double)d * d * sizeof(T);
        nint floats = (nint)(bytes / sizeof(float)) / StreamLoops.Step * StreamLoops.Step;
        int readings = (int)Math.Max(1, 2e6 / bytes);
        T* w = null;
        var what = new BenchCase(key, bytes)
        {
            Floor = () => Math.Min(
                BenchContender.Seconds(readings, () => StreamLoops.Read(w, floats)),
                BenchContender.Seconds(readings, () => StreamLoops.ReadFour(w, floats))) / readings,
        };
        w = what.Memory.Normal<T>((long)d * d);
        T* x = what.Memory.Normal<T>(d), y = what.Memory.Zeros<T>(d);
        what.Contenders.Add(BenchContender.OneThread(BenchContender.Ours, times => { for (; times > 0; times--) Gemm.Run(false, transposed, 1, d, d, T.One, x, d, w, d, false, y, d); }));
        T* z = what.Memory.Zeros<T>(d);
        // y = W x is the forward direction of a row, y = Wᵀ x the other.
        int form = transposed ? BlasPeer.NoTranspose : BlasPeer.Transpose;
        foreach (BlasPeer peer in settings.Blas)
        {
            Action<int>? body = null;
            if (typeof(T) == typeof(float) && peer.SGemv is not null)
                body = times => { for (; times > 0; times--) peer.SGemv(BlasPeer.RowMajor, form, d, d, 1, (float*)w, d, (float*)x, 1, 0, (float*)z, 1); };
            if (typeof(T) == typeof(double) && peer.DGemv is not null)
                body = times => { for (; times > 0; times--) peer.DGemv(BlasPeer.RowMajor, form, d, d, 1, (double*)w, d, (double*)x, 1, 0, (double*)z, 1); };
            if (body is null) continue;
            what.Contenders.Add(BenchContender.OneThread(peer.Name, body));
            SameWork.Require(what, body, y, z, d);
        }

        return what;
    }
}
