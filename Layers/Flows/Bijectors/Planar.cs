using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = x + u^ h(w.x + b), h = tanh or a leaky ReLU, u^ made from u so that the map is invertible: a push along one direction, by the distance from a plane. log|det| [batch x 1].</summary>
/// <remarks>Parameters u, w [1 x D], b [1 x 1]. Cost: 6 B D flops forward; the inverse adds one bracketed root a row (tanh) or nothing (leaky ReLU). Parameters from outside: <see cref="PlanarMap"/>. Source: Rezende and Mohamed 2015, section 4.1.</remarks>
public sealed class Planar<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string TanhName = "tanh", LeakyReluName = "leaky_relu";

    private readonly PlanarActivation _activation;
    private readonly double _slope;
    private Var _w = Var.None;
    private Var _u = Var.None;
    private Var _b = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="activation">h.</param>
    /// <param name="slope">Slope of the leaky ReLU below zero, in (0, 1]; tanh has none.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Planar(int dimension, PlanarActivation activation = PlanarActivation.Tanh, double slope = 0.2)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(slope > 0 && slope <= 1)) throw new ArgumentException($"slope is {slope}; it must be in (0, 1].");
        Dimension = dimension;
        _activation = activation;
        _slope = slope;
    }

    /// <inheritdoc/>
    public string Kind => "planar";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension, activation ("tanh" or "leaky_relu"), slope (0.2).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Planar<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("planar", config);
        int dimension = reader.Integer("dimension", 1);
        PlanarActivation activation = reader.Choice("activation", TanhName, TanhName, LeakyReluName) == TanhName ? PlanarActivation.Tanh : PlanarActivation.LeakyRelu;
        double slope = reader.Number("slope", 0.2);
        return reader.Make(() => new Planar<T>(dimension, activation, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _w);
        var start = new double[2 * Dimension];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] /= Math.Sqrt(Dimension);
        _u = store.AddParameter($"{scope}.u", 1, Dimension, start.AsSpan(0, Dimension));
        _w = store.AddParameter($"{scope}.w", 1, Dimension, start.AsSpan(Dimension));
        _b = store.AddParameter($"{scope}.b", 1, 1, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _w);
        return PlanarMap.Forward(tape, x, _u, _w, _b, _activation, _slope);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _w);
        return PlanarMap.Inverse(tape, z, _u, _w, _b, _activation, _slope);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteString("activation", _activation == PlanarActivation.Tanh ? TanhName : LeakyReluName);
        json.WriteNumber("slope", _slope);
    }
}
