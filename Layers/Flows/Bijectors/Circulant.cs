using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = W x + b with W circulant, w_ij = c[(i - j) mod D]: a circular convolution of the features with a filter as long as they. log|det| = sum log|c^_k| over the Fourier transform c^ of the filter, [1 x 1].</summary>
/// <remarks>Parameters filter [1 x D] (c; 1, 0, 0, ... and small Gaussian noise at the start), bias [1 x D]. Cost: D numbers in place of D^2; 2 B D^2 flops either way, as a dense matrix (the product is not taken through a fast transform); 4 D^2 for the log-determinant and for the inverse filter.</remarks>
public sealed class Circulant<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private Var _filter = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Circulant(int dimension, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        Dimension = dimension;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "circulant";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Circulant<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("circulant", config);
        int dimension = reader.Integer("dimension", 1);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new Circulant<T>(dimension, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _filter);
        var start = new double[Dimension];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] *= 0.1 / Math.Sqrt(Dimension);
        start[0] += 1;
        _filter = store.AddParameter($"{scope}.filter", 1, Dimension, start);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _filter);
        Var z = tape.MatMul(x, tape.Circulant(_filter), transposeB: true);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(tape.Log(Power(tape, tape.Fourier(_filter))), 0.5));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">A number of the spectrum is zero: the matrix is singular.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _filter);
        // The inverse of a circulant matrix is one, with filter F^-1(1/c^) = F^-1(conj(c^)/|c^|^2).
        Var spectrum = tape.Fourier(_filter), power = Power(tape, spectrum);
        tape.RequireBetween(power, 0, double.PositiveInfinity, "circulant, inverse: the matrix is singular, squared spectrum", "change its filter");
        Var real = tape.Divide(tape.SliceColumns(spectrum, 0, Dimension), power), imaginary = tape.Divide(tape.SliceColumns(spectrum, Dimension, Dimension), power);
        Var inverse = tape.FourierInverse(tape.ConcatColumns(real, tape.Negate(imaginary)));
        Var x = tape.MatMul(_bias.IsNone ? z : tape.Subtract(z, _bias), tape.Circulant(inverse), transposeB: true);
        return FlowStep.Exact(x, tape.Sum(tape.Log(power), -0.5));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    /// <summary>|c^_k|^2, [1 x D].</summary>
    private Var Power(Tape<T> tape, Var spectrum)
        => tape.Add(tape.Square(tape.SliceColumns(spectrum, 0, Dimension)), tape.Square(tape.SliceColumns(spectrum, Dimension, Dimension)));
}
