using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The whole Jacobian of a map at one point, on the host: the oracle of audits and monitors.</summary>
public static class DenseJacobian
{
    /// <summary>J [D x D], row i = d output_i / d input. Cost: one forward and one backward pass of D rows, D^2 numbers for every value of the map.</summary>
    /// <param name="tape">A tape bound to the map's store; it is reset before and after.</param>
    /// <param name="point">[D].</param>
    /// <param name="map">Records the output [rows x D] for an input [rows x D]; no row of the output may depend on another row of the input.</param>
    /// <exception cref="ArgumentException">The map changes the shape.</exception>
    public static double[] Of<T>(Tape<T> tape, ReadOnlySpan<T> point, Func<Tape<T>, Var, Var> map) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = point.Length;
        T[] rows = new T[d * d], seed = new T[d * d];
        for (int i = 0; i < d; i++)
        {
            point.CopyTo(rows.AsSpan(i * d, d));
            seed[(i * d) + i] = T.One;
        }
        tape.Reset();
        Var x = tape.Input(rows, d, d, needsGrad: true), y = map(tape, x);
        if (y.Rows != d || y.Cols != d) throw new ArgumentException($"DenseJacobian: the map makes {y.Shape} of {x.Shape}; a bijection keeps the shape.");
        // D copies of the point, one unit cotangent each: row i of the gradient is row i of the Jacobian.
        tape.Backward(y, seed);
        tape.ReadGrad(x, rows);
        tape.Reset();
        return Array.ConvertAll(rows, double.CreateTruncating);
    }

    /// <summary>log|det J| in nats by LU with partial pivoting in double; minus infinity for a singular matrix. 2/3 D^3 flops.</summary>
    /// <param name="jacobian">[D x D].</param>
    /// <param name="dimension">D.</param>
    public static double LogAbsDet(ReadOnlySpan<double> jacobian, int dimension)
    {
        double[] lu = jacobian.ToArray();
        if (Lu.Factor<double>(lu, dimension, new int[dimension]) >= 0) return double.NegativeInfinity;
        double sum = 0;
        for (int i = 0; i < dimension; i++) sum += Math.Log(Math.Abs(lu[(i * dimension) + i]));
        return sum;
    }
}
