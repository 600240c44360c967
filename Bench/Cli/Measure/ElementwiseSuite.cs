using System.Numerics;
using System.Numerics.Tensors;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Elementwise functions on data in L1. The limit is y = s x over the same memory: what a function costs that computes nothing.</summary>
internal static unsafe class ElementwiseSuite
{
    /// <summary>Argument and result together take half of a 48 KiB L1.</summary>
    private const int BytesEach = 12 << 10;

    private delegate void Map<T>(ReadOnlySpan<T> x, Span<T> y);

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        if (settings.Threads > 1) yield break;
        foreach (string type in settings.Types)
            foreach (string name in settings.Quick ? (string[])["exp", "softplus"] : ["exp", "sigmoid", "tanh", "log", "softplus", "expm1", "log1p", "sin", "cos", "smooth-leaky-relu", "with log-derivative"])
            {
                var key = new BenchKey("elementwise", name, type, "L1", BytesEach / (type == "float" ? sizeof(float) : sizeof(double)), 0, 0);
                yield return new BenchPlan(key, () => type == "float" ? Make<float>(settings, key) : Make<double>(settings, key));
            }
    }

    private static BenchCase Make<T>(BenchSettings settings, BenchKey key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = key.M;
        const int Readings = 100, Floats = BytesEach / sizeof(float);
        float* from = null, to = null;
        var what = new BenchCase(key, n)
        {
            Floor = () => BenchContender.Seconds(Readings, () => StreamLoops.Scale(from, to, Floats)) / Readings,
        };
        from = what.Memory.Normal<float>(Floats);
        to = what.Memory.Zeros<float>(Floats);
        T* x = what.Memory.Normal<T>(n), y = what.Memory.Zeros<T>(n), z = what.Memory.Zeros<T>(n), logDet = what.Memory.Zeros<T>(1);
        if (key.Kernel is "log" or "log1p")
            for (int i = 0; i < n; i++) x[i] = T.Abs(x[i]) + T.CreateTruncating(0.01);
        T slope = T.CreateTruncating(0.3);
        Map<T> ours = key.Kernel switch
        {
            "exp" => static (x, y) => Elementwise.Map(x, y, new ExpFunction<T>()),
            "sigmoid" => static (x, y) => Elementwise.Map(x, y, new SigmoidFunction<T>()),
            "tanh" => static (x, y) => Elementwise.Map(x, y, new TanhFunction<T>()),
            "log" => static (x, y) => Elementwise.Map(x, y, new LogFunction<T>()),
            "softplus" => static (x, y) => Elementwise.Map(x, y, new SoftplusFunction<T>()),
            "expm1" => static (x, y) => Elementwise.Map(x, y, new Expm1Function<T>()),
            "log1p" => static (x, y) => Elementwise.Map(x, y, new Log1pFunction<T>()),
            "sin" => static (x, y) => Elementwise.Map(x, y, new SinFunction<T>()),
            "cos" => static (x, y) => Elementwise.Map(x, y, new CosFunction<T>()),
            "smooth-leaky-relu" => (x, y) => Elementwise.Map(x, y, new SmoothLeakyReluFunction<T>(slope)),
            // Value and the sum of log-derivatives of one row, in one pass.
            _ => (x, y) => Elementwise.MapWithLogDerivative(x, y, new Span<T>(logDet, 1), new SmoothLeakyReluFunction<T>(slope)),
        };
        what.Contenders.Add(BenchContender.OneThread(BenchContender.Ours, Loop(ours, x, y, n)));
        if (!settings.TensorPrimitives || Peer<T>(key.Kernel) is not { } peer) return what;
        Action<int> body = Loop(peer, x, z, n);
        what.Contenders.Add(BenchContender.OneThread(PeerNames.TensorPrimitives, body));
        SameWork.Require(what, body, y, z, n);
        return what;
    }

    private static Map<T>? Peer<T>(string name) where T : unmanaged, IFloatingPointIeee754<T> => name switch
    {
        "exp" => TensorPrimitives.Exp,
        "sigmoid" => TensorPrimitives.Sigmoid,
        "tanh" => TensorPrimitives.Tanh,
        "log" => TensorPrimitives.Log,
        "expm1" => TensorPrimitives.ExpM1,
        "log1p" => TensorPrimitives.LogP1,
        "sin" => TensorPrimitives.Sin,
        "cos" => TensorPrimitives.Cos,
        _ => null,
    };

    private static Action<int> Loop<T>(Map<T> map, T* x, T* y, int n) where T : unmanaged => times =>
    {
        for (; times > 0; times--) map(new ReadOnlySpan<T>(x, n), new Span<T>(y, n));
    };
}
