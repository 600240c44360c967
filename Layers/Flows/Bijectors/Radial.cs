using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = x + b^/(|alpha| + r) (x - center), r = |x - center|: a swelling or shrinking around a point. log|det| [batch x 1].</summary>
/// <remarks>b^ = softplus(beta) - |alpha|. Parameters center [1 x D] (Gaussian at the start), alpha, beta [1 x 1] (1 and log(e - 1): the identity). Cost: 6 B D flops either way, the inverse in closed form. Parameters from outside: <see cref="RadialMap"/>. Source: Rezende and Mohamed 2015, section 4.1.</remarks>
public sealed class Radial<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _center = Var.None;
    private Var _alpha = Var.None;
    private Var _beta = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Radial(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "radial";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Radial<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("radial", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new Radial<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _center);
        var start = new double[Dimension];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        _center = store.AddParameter($"{scope}.center", 1, Dimension, start, decay: false);
        _alpha = store.AddParameter($"{scope}.alpha", 1, 1, [1], decay: false);
        _beta = store.AddParameter($"{scope}.beta", 1, 1, [Math.Log(Math.E - 1)], decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _center);
        return RadialMap.Forward(tape, x, _center, _alpha, _beta);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _center);
        return RadialMap.Inverse(tape, z, _center, _alpha, _beta);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }
}
