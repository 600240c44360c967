using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>The largest singular value of a recorded map's Jacobian at every row, by power iteration on J^T J: one Jacobian-vector and one vector-Jacobian product a step.</summary>
/// <remarks>From below; exact in the limit. Vectors stay from call to call, so that a slowly changing map is followed with few steps.</remarks>
internal sealed class SpectrumIteration
{
    private readonly double[] _vectors;
    private readonly double[] _images;
    private readonly int _dimension;
    private readonly ulong _key;

    public SpectrumIteration(int rows, int dimension, ulong key)
    {
        (_vectors, _images, _dimension, _key) = (new double[rows * dimension], new double[rows * dimension], dimension, key);
        Restart();
    }

    /// <summary>Iterates; <paramref name="destination"/> [rows] gets sigma_max. Infinite where the products are not finite; the vectors then start anew.</summary>
    /// <param name="tape">Holds the map, with x needing a gradient and parameters frozen; rows do not depend on each other.</param>
    /// <param name="x">Its input [rows x D].</param>
    /// <param name="y">Its output [rows x D].</param>
    /// <param name="iterations">Steps.</param>
    /// <param name="destination">[rows].</param>
    public void Run(Tape<double> tape, Var x, Var y, int iterations, Span<double> destination)
    {
        bool finite = true;
        for (int step = 0; step < iterations; step++)
        {
            tape.ClearTangents();
            tape.Backend.Write(_vectors, tape.TangentOf(x));
            tape.PushForward();
            tape.Backend.Read(tape.TangentOf(y), _images);
            tape.Backward(y, _images);
            tape.ReadGrad(x, _images);
            for (int r = 0; r < destination.Length; r++)
            {
                Span<double> image = _images.AsSpan(r * _dimension, _dimension);
                // |J^T J v| for a unit v lies between |J v|^2 and sigma^2.
                double norm = Math.Sqrt(VectorOps.SumSquares<double>(image));
                destination[r] = double.IsFinite(norm) ? Math.Sqrt(norm) : double.PositiveInfinity;
                finite &= double.IsFinite(norm);
                if (norm > 0 && double.IsFinite(norm)) VectorOps.Scale<double>(1 / norm, image, _vectors.AsSpan(r * _dimension, _dimension));
            }
        }

        if (!finite) Restart();
    }

    private void Restart()
    {
        RandomFill.Gaussian<double>(_key, 0, 0, _vectors);
        for (int r = 0; r < _vectors.Length / _dimension; r++)
        {
            Span<double> v = _vectors.AsSpan(r * _dimension, _dimension);
            VectorOps.Scale<double>(1 / Math.Sqrt(VectorOps.SumSquares<double>(v)), v, v);
        }
    }
}
