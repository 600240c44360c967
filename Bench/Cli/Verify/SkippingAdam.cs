using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>
/// Adam as PyTorch runs it when a tensor has no gradient at all, such as a spline's network while every sample lies in the tails: the tensor is left
/// out of the step and its count of steps stands still, where an optimiser over the whole store sees zeros and counts on. For golden cases only.
/// </summary>
internal sealed class SkippingAdam<T>(ParameterStore<T> store, double rate) where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Dictionary<string, (double[] M, double[] V)> _moments = store.Parameters.ToDictionary(p => p.Name, p => (new double[p.Var.Length], new double[p.Var.Length]));
    private readonly Dictionary<string, int> _steps = store.Parameters.ToDictionary(p => p.Name, _ => 0);

    /// <summary>Whether a tensor has no gradient now.</summary>
    public static bool IsNeeded(ParameterStore<T> store) => store.Parameters.Any(p => Unreached(store, p));

    public void Step()
    {
        foreach (ParameterStore<T>.Entry p in store.Parameters)
        {
            if (Unreached(store, p)) continue;
            (double[] m, double[] v) = _moments[p.Name];
            int t = ++_steps[p.Name];
            double[] w = CaseRun<T>.Widen(store.Read(p.Var)), gradient = CaseRun<T>.Widen(store.ReadGradient(p.Var));
            for (int i = 0; i < w.Length; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.999 * v[i]) + (0.001 * gradient[i] * gradient[i]);
                w[i] -= rate / (1 - Math.Pow(0.9, t)) * m[i] / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
            }
            store.Write(p.Var, w);
        }
    }

    private static bool Unreached(ParameterStore<T> store, ParameterStore<T>.Entry p) => store.ReadGradient(p.Var).All(g => g == T.Zero);
}
