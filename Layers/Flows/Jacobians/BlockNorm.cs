using System.Buffers;
using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A matrix or convolution read as x + g(x): the map, g, and the norm of g by power iteration.</summary>
internal static class BlockNorm
{
    /// <summary>Records z = W x + b.</summary>
    public static Var Map<T>(Tape<T> tape, in JacobianSite site, Var x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (site.Convolution is not null) return ConvolutionMap.Map(tape, site, x);
        Var z = tape.MatMul(x, site.Weight, transposeB: true);
        return site.Bias.IsNone ? z : tape.Add(z, site.Bias);
    }

    /// <summary>Records g(x) = W x - x.</summary>
    public static Var Block<T>(Tape<T> tape, in JacobianSite site, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Subtract(Map(tape, site with { Bias = Var.None }, x), x);

    /// <summary>Throws where the norm of g is above a bound. A power iteration never finds too much: what it refuses is out of bounds for certain.</summary>
    /// <exception cref="NotContractionException">The norm is above the bound.</exception>
    public static void Require<T>(Tape<T> tape, in JacobianSite site, string strategy, double bound, bool keep) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double norm = Measure(tape, site, BlockEstimate<T>.PowerSteps, keep);
        if (norm > bound)
            throw new NotContractionException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"'{site.Scope}': strategy '{strategy}' is a series in W - I, whose norm {norm:G4} is above lipschitz = {bound}; take an exact strategy or slq, which need no bound, or lower the learning rate."));
    }

    /// <summary>The norm of W - I from below, by steps of the power iteration that start from the site's vector.</summary>
    public static double Measure<T>(Tape<T> tape, in JacobianSite site, int steps, bool keep) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = site.Dimension;
        T[] room = ArrayPool<T>.Shared.Rent(d);
        Span<T> vector = room.AsSpan(0, d);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        TapeMark mark = tape.Mark();
        try
        {
            tape.Read(site.NormVector, vector);
            double norm = 0;
            Normalize(vector);
            for (int i = 0; i < steps; i++)
            {
                TapeMark step = tape.Mark();
                Var v = tape.Input(vector, 1, d), g = Block(tape, site, v);
                tape.Read(tape.Vjp(g, v, g), vector);
                tape.Release(step);
                // |J^T J v| for a unit v: at most the square of the norm, and at least |J v|^2.
                norm = Math.Sqrt(Normalize(vector));
                if (norm == 0 || !double.IsFinite(norm)) return norm;
            }
            if (keep) tape.Backend.Write(vector, tape.ValueOf(site.NormVector));
            return norm;
        }
        finally
        {
            tape.Release(mark);
            tape.RecordsGradients = recorded;
            ArrayPool<T>.Shared.Return(room);
        }
    }

    private static double Normalize<T>(Span<T> vector) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double squares = 0;
        foreach (T v in vector) squares += double.CreateTruncating(v) * double.CreateTruncating(v);
        double length = Math.Sqrt(squares);
        if (length > 0)
            for (int i = 0; i < vector.Length; i++) vector[i] = T.CreateTruncating(double.CreateTruncating(vector[i]) / length);
        return length;
    }
}
