using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>How one portable kernel is called: its arguments for a matrix, each with where its numbers are drawn from.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Slices">Arguments; the last ones may be written.</param>
/// <param name="Sizes">Sizes, where -1 stands for the number of columns.</param>
/// <param name="Reals">Real constants.</param>
/// <param name="IsExact">Whether every backend must give the same bits as the reference.</param>
internal sealed record PortableCase(string Name, PortableSlice[] Slices, int[] Sizes, double[] Reals, bool IsExact = false)
{
    /// <summary>A case, or several, for every kernel with a portable body.</summary>
    public static IEnumerable<PortableCase> All<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (Op<T> op in UnaryOps<T>.All)
        {
            if (op.Name.EndsWith("-derivative", StringComparison.Ordinal)) continue;
            (double from, double to) = op.Name switch
            {
                "log" or "sqrt" => (0.05, 20),
                "log1p" => (-0.9, 9),
                "logit" => (0.02, 0.98),
                "reciprocal" => (0.2, 5),
                "asinh-ratio" or "cosh-root" or "sinh-ratio" or "log-sinh-ratio" => (0, 12),
                _ => (-6, 6),
            };
            PortableSlice x = new(from, to), y = PortableSlice.Of(op.Name), any = new(-2, 2);
            double[] parameter = [0.3];
            yield return new(op.Name, [x, PortableSlice.Out], [], parameter);
            yield return new(op.Name + "-backward", [x, y, any, PortableSlice.Changed], [], parameter);
            yield return new(op.Name + "-derivative", [x, y, PortableSlice.Out], [], parameter);
            yield return new(op.Name + "-second-derivative", [x, y, PortableSlice.Out], [], parameter);
        }
        foreach (PortableCase flow in Flows()) yield return flow;
        foreach (PortableCase logit in Logits()) yield return logit;
        foreach (PortableCase sweep in Sweeps()) yield return sweep;
        PortableSlice v = new(-2, 2);
        yield return new("clamp", [v, PortableSlice.Out], [], [-0.5, 0.75], IsExact: true);
        yield return new("clamp-backward", [v, v, PortableSlice.Changed], [], [-0.5, 0.75], IsExact: true);
        yield return new("inside", [v, PortableSlice.Out], [], [-0.5, 0.75], IsExact: true);
    }

    private static IEnumerable<PortableCase> Flows()
    {
        PortableSlice x = new(-4, 4), slope = new(0.4, 1.4), any = new(-2, 2), row = new(-1, 1, PortableShape.Row);
        yield return new("elementwise-inverse-jvp", [any, slope, PortableSlice.Out], [], [], IsExact: true);
        foreach (int function in Enum.GetValues<FlowFunction>().Select(f => (int)f))
        {
            yield return new("elementwise-flow", [x, PortableSlice.Out, PortableSlice.Out, PortableSlice.RowOut], [function], [0.3]);
            yield return new("elementwise-flow-backward", [x, any, slope, any, row, PortableSlice.Out], [function, 0], [0.3]);
            yield return new("elementwise-flow-backward", [x, any, slope, any, row, PortableSlice.Changed], [function, 1], [0.3]);
            yield return new("elementwise-flow-bend", [x, any, slope, any, PortableSlice.Out], [function], [0.3]);
            yield return new("elementwise-inverse", [x, PortableSlice.Out, PortableSlice.Out, PortableSlice.RowOut], [function], [0.3]);
            yield return new("elementwise-inverse-backward", [x, x, slope, any, row, PortableSlice.Changed], [function], [0.3]);
        }
    }

    private static IEnumerable<PortableCase> Logits()
    {
        PortableSlice inside = new(-0.9, 1.9), any = new(-2, 2), row = new(-1, 1, PortableShape.Row), place = new(0, 0, PortableShape.Two, PortableUse.Out);
        foreach (double[] numbers in (double[][])[[-1, 2, 0.05, 1.5, 0], [-1, 2, 0, 1, 0.5]])
        {
            PortableSlice settings = PortableSlice.These(numbers);
            yield return new("logit-flow", [inside, settings, PortableSlice.Out, PortableSlice.RowOut], [], []);
            yield return new("logit-flow-inverse", [any, settings, PortableSlice.Out, PortableSlice.RowOut], [], []);
            yield return new("logit-flow-backward", [inside, settings, any, row, PortableSlice.Changed], [], []);
            yield return new("logit-flow-inverse-backward", [any, settings, any, row, PortableSlice.Changed], [], []);
            yield return new("logit-flow-outside", [inside, settings, place], [-1], [], IsExact: true);
            // Some of these are outside, in most shapes not in the first row.
            yield return new("logit-flow-outside", [new(-0.5, 2.16), settings, place], [-1], [], IsExact: true);
        }
    }

    private static IEnumerable<PortableCase> Sweeps()
    {
        PortableSlice value = PortableSlice.Changed, gradient = new(-1, 1), slot = new(-1, 1, Use: PortableUse.Changed), square = new(0, 2, Use: PortableUse.Changed), variance = new(2, 3, Use: PortableUse.Changed);
        double[] adam = [0.9, 0.1, 0.999, 0.001, 1e-8, 0.01, 1.3, 0.02, 0.999], rms = [0.01, 0.99, 0.01, 1e-8, 0.02, 0.9];
        yield return new("adagrad", [value, gradient, square], [], [0.01, 1e-10, 0.02], IsExact: true);
        yield return new("adam", [value, gradient, slot, square], [], adam, IsExact: true);
        yield return new("adam-amsgrad", [value, gradient, slot, square, square], [], adam, IsExact: true);
        yield return new("adamax", [value, gradient, slot, square], [], [0.9, 0.1, 0.999, 1e-8, 0.01, 0.02], IsExact: true);
        yield return new("rmsprop", [value, gradient, square], [], rms, IsExact: true);
        yield return new("rmsprop-momentum", [value, gradient, square, slot], [], rms, IsExact: true);
        yield return new("rmsprop-centred", [value, gradient, variance, slot], [], rms, IsExact: true);
        yield return new("rmsprop-centred-momentum", [value, gradient, variance, slot, slot], [], rms, IsExact: true);
        yield return new("sgd", [value, gradient], [], [0.01, 0.02], IsExact: true);
        yield return new("sgd-momentum", [value, gradient, slot], [], [0.01, 0.02, 0.9, 0.8, 1, 0.9], IsExact: true);
    }
}
