using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>One transformer whose raw parameters are stored sample by sample, in one or several tensors.</summary>
internal static class TransformerBench
{
    /// <summary>z, log-determinant and gradients of sum(ct.z z) + sum(ct.log_abs_det log_abs_det); then the inverse at the computed z.</summary>
    /// <param name="run">The case.</param>
    /// <param name="transformer">The transformer.</param>
    /// <param name="raw">Stored tensors whose numbers of a feature, one after another, are its raw parameters: name and how many. A tensor named twice is used twice, and its gradient is the sum.</param>
    /// <param name="shared">Stored tensor and the transformer's name for what all features share.</param>
    /// <param name="bisected">Where the source's own inverse is a bisection: its tolerance, allowed on top for x_rec (not for x).</param>
    public static void CompareAll<T>(CaseRun<T> run, ITransformer<T> transformer, (string Tensor, int Start, int Count)[] raw, (string Tensor, string Entry)[] shared, double bisected = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        int p = transformer.ParametersPerFeature, elements = rows * cols;
        using var store = new ParameterStore<T>(run.Backend);
        transformer.Attach(store, "shared", 1);
        store.Build();
        foreach ((string tensor, string entry) in shared) store.Write(store.Find("shared." + entry), run.Input(tensor, store.Find("shared." + entry).Length));
        var values = new T[elements * p];
        int at = 0;
        foreach ((string tensor, int start, int count) in raw)
        {
            T[] part = run.Values(tensor);
            int width = part.Length / elements;
            if (part.Length != elements * width || start + count > width)
                throw new BadInputException($"{run.File.Path}: tensor '{tensor}' has {part.Length} values, {elements} elements of x want {start + count} or more each; the file is damaged or of another kind.");
            for (int e = 0; e < elements; e++) part.AsSpan((e * width) + start, count).CopyTo(values.AsSpan((e * p) + at));
            at += count;
        }
        if (at != p) throw new BadInputException($"{run.File.Path}: the case gives {at} numbers a feature, the layer of its config has {p}; the file is damaged or of another kind.");

        using var tape = new Tape<T>(run.Backend, store);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true), parameters = tape.Input(values, rows, cols * p, needsGrad: true);
        (Var z, Var logDet) = transformer.Forward(tape, x, parameters);
        Var loss = tape.Add(tape.Sum(tape.Multiply(run.Load(tape, "ct.z", rows, cols), z)), tape.Sum(tape.Multiply(run.Load(tape, "ct.log_abs_det", rows, 1), logDet)));
        run.Compare("z", tape, z);
        run.Compare("log_abs_det", tape, logDet);
        tape.Backward(loss);
        run.CompareGrad("grad.x", tape, x);
        foreach ((string tensor, string entry) in shared) run.Compare("grad." + tensor, store.ReadGradient(store.Find("shared." + entry)));
        double[] gradient = CaseRun<T>.Widen(CaseRun<T>.ReadGrad(tape, parameters));
        foreach (string tensor in raw.Select(r => r.Tensor).Distinct())
        {
            int width = run.Input(tensor).Length / elements;
            var sum = new double[elements * width];
            at = 0;
            foreach ((string name, int start, int count) in raw)
            {
                for (int e = 0; e < elements && name == tensor; e++)
                    for (int i = 0; i < count; i++) sum[(e * width) + start + i] += gradient[(e * p) + at + i];
                at += count;
            }
            run.Compare("grad." + tensor, sum);
        }
        CompareInverse(run, transformer, tape, z.Detach(), parameters.Detach(), logDet, bisected);
    }

    private static void CompareInverse<T>(CaseRun<T> run, ITransformer<T> transformer, Tape<T> tape, Var z, Var parameters, Var logDet, double bisected) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Var back, Var backLogDet) = transformer.Inverse(tape, z, parameters);
        if (run.Has("x_rec")) run.Compare("x_rec", CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)), moved: new Allowance(Source: bisected));
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)));
        double[] minus = Array.ConvertAll(CaseRun<T>.Widen(CaseRun<T>.Read(tape, logDet)), static v => -v);
        run.CompareTo("inverse log_abs_det (against -log_abs_det)", minus, CaseRun<T>.Widen(CaseRun<T>.Read(tape, backLogDet)));
    }
}
