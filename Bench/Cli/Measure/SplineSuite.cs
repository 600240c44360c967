using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Rational-quadratic spline with parameters of its own for every element: knots from raw parameters, value and log-determinant.</summary>
internal static unsafe class SplineSuite
{
    private const int Rows = 100, Bins = 8, RawLength = (3 * Bins) - 1;
    private static readonly int[] Widths = [64, 784];
    private static readonly int[] QuickWidths = [16];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        if (settings.Threads > 1) yield break;
        foreach (string type in settings.Types)
            foreach (int d in settings.SizesOr(Widths, QuickWidths))
            {
                var key = new BenchKey("spline", "forward", type, FormattableString.Invariant($"{Rows}x{d}, 8 bins"), Rows, d, Bins);
                yield return new BenchPlan(key, () => type == "float" ? Make<float>(settings, key) : Make<double>(settings, key));
            }
    }

    private static BenchCase Make<T>(BenchSettings settings, BenchKey key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = key.N, n = Rows * d;
        T* raw = null;
        nint floats = (nint)n * RawLength * sizeof(T) / sizeof(float) / StreamLoops.Step * StreamLoops.Step;
        var what = new BenchCase(key, n)
        {
            Floor = () => Math.Min(BenchContender.Seconds(1, () => StreamLoops.Read(raw, floats)), BenchContender.Seconds(1, () => StreamLoops.ReadFour(raw, floats))),
        };
        raw = what.Memory.Normal<T>((long)n * RawLength);
        T* x = what.Memory.Normal<T>(n), z = what.Memory.Zeros<T>(n), logDet = what.Memory.Zeros<T>(Rows);
        T* settings6 = what.Memory.Zeros<T>(RationalQuadratic.SettingCount);
        double[] numbers = [5, 1e-3, 1e-3, 1e-3, 1, 1];
        for (int i = 0; i < numbers.Length; i++) settings6[i] = T.CreateTruncating(numbers[i]);
        what.Contenders.Add(BenchContender.OneThread(BenchContender.Ours, times =>
        {
            for (; times > 0; times--)
                RationalQuadraticSimd.Forward<T>(
                    new(x, n), new(raw, n * RawLength), new(settings6, RationalQuadratic.SettingCount), new(z, n), new(logDet, Rows), Bins);
        }));
        if (typeof(T) != typeof(float)) return what;
        foreach (TorchPeer peer in settings.Torch)
        {
            peer.Prepare(FormattableString.Invariant($"spline {Rows} {d} {Bins}"));
            what.Contenders.Add(new BenchContender(peer.Name, peer.Run, Here: false));
        }

        return what;
    }
}
