using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A recorded map of some rows and a radius: its value, its gradients (of the sum of the outputs times fixed weights) and differences to compare them with.</summary>
internal sealed class Recorded<T>(Func<Tape<T>, Var[], Var> record) where T : unmanaged, IFloatingPointIeee754<T>
{
    // One a thread for all tests: thousands of small recordings.
    [ThreadStatic]
    private static Tape<T>? t_tape;

    /// <summary>The value as one row after the other; inputs are [1 x length].</summary>
    public double[] Value(params double[][] inputs) => Run(inputs, gradients: false).Value;

    /// <summary>Gradient of sum_i weights_i y_i with respect to every input.</summary>
    public double[][] Gradient(params double[][] inputs) => Run(inputs, gradients: true).Gradients;

    public static double Weight(int i) => 1 + (0.5 * Math.Sin(i + 1.0));

    /// <summary>Fourth-order central differences in the same direction as <see cref="Gradient"/>; steps one for every input.</summary>
    public double[][] Differences(double[] steps, params double[][] inputs)
    {
        var result = new double[inputs.Length][];
        for (int k = 0; k < inputs.Length; k++)
        {
            result[k] = new double[inputs[k].Length];
            for (int i = 0; i < inputs[k].Length; i++)
            {
                double h = steps[k];
                result[k][i] = ((8 * (At(k, i, h) - At(k, i, -h))) - (At(k, i, 2 * h) - At(k, i, -2 * h))) / (12 * h);
            }
        }
        return result;

        double At(int k, int i, double by)
        {
            double[][] moved = [.. inputs.Select(x => (double[])x.Clone())];
            moved[k][i] += by;
            return Value(moved).Select((y, j) => y * Weight(j)).Sum();
        }
    }

    private (double[] Value, double[][] Gradients) Run(double[][] inputs, bool gradients)
    {
        Tape<T> tape = t_tape ??= new Tape<T>(new SimdBackend<T>());
        tape.Reset();
        Var[] x = [.. inputs.Select(v => tape.Input(Array.ConvertAll(v, T.CreateTruncating), 1, v.Length, needsGrad: gradients))];
        Var y = record(tape, x);
        var value = new T[y.Length];
        tape.Read(y, value);
        if (!gradients) return (Array.ConvertAll(value, double.CreateTruncating), []);
        Var weights = tape.Input([.. Enumerable.Range(0, y.Length).Select(i => T.CreateTruncating(Weight(i)))], y.Rows, y.Cols);
        tape.Backward(tape.Sum(tape.Multiply(y, weights)));
        return (Array.ConvertAll(value, double.CreateTruncating), [.. x.Select(v => Array.ConvertAll(ReadGrad(tape, v), double.CreateTruncating))]);
    }

    private static T[] ReadGrad(Tape<T> tape, Var v)
    {
        var g = new T[v.Length];
        tape.ReadGrad(v, g);
        return g;
    }

    /// <summary>|a - b| at most tolerance times the length of b, and at least the floor.</summary>
    public static void Near(double[] wanted, double[] got, double tolerance, string what, double floor = 0)
    {
        double size = Math.Sqrt(wanted.Sum(v => v * v)), off = Math.Sqrt(wanted.Zip(got, (a, b) => (a - b) * (a - b)).Sum());
        Assert.True(off <= Math.Max(tolerance * size, floor), $"{what}: off by {off:0.0e+0} of {size:0.0e+0}; wanted {string.Join(", ", wanted.Select(v => v.ToString("R")))}; got {string.Join(", ", got.Select(v => v.ToString("R")))}");
    }
}
