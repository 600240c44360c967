using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What distributions on hyperbolic space share: radius, coordinates of the location, and the measure of their densities.</summary>
internal sealed class WrappedSettings<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _radius;
    private readonly HyperbolicCoordinates _coordinates;
    private readonly HyperbolicMeasure _measure;

    public WrappedSettings(int dimension, double radius, bool learnRadius, HyperbolicCoordinates coordinates, HyperbolicMeasure measure, bool trainable)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (coordinates is not (HyperbolicCoordinates.Tangent or HyperbolicCoordinates.Spatial)) throw new ArgumentException($"coordinates are {coordinates}; a location has Tangent or Spatial ones.");
        Space = new HyperbolicSpace<T>(radius, learnRadius && trainable);
        (Dimension, _radius, IsTrainable, _coordinates, _measure) = (dimension, radius, trainable, coordinates, measure);
    }

    public int Dimension { get; }

    public HyperbolicSpace<T> Space { get; }

    public bool IsTrainable { get; }

    public static WrappedSettings<T> Read(ConfigReader reader)
    {
        int dimension = reader.Integer("dimension", 1);
        double radius = reader.Number("radius", 1);
        bool learn = reader.Flag("learn_radius", false), trainable = reader.Flag("trainable", true);
        HyperbolicCoordinates coordinates = reader.Choice("coordinates", "tangent", "tangent", "spatial") == "spatial" ? HyperbolicCoordinates.Spatial : HyperbolicCoordinates.Tangent;
        HyperbolicMeasure measure = HyperbolicVolume.Read(reader);
        return reader.Check(() => new WrappedSettings<T>(dimension, radius, learn, coordinates, measure, trainable));
    }

    /// <summary>A fixed distribution has no place in a store: its radius is a constant on every tape.</summary>
    public void Attach(ParameterStore<T> store, string scope)
    {
        if (IsTrainable) Space.Attach(store, scope);
    }

    /// <summary>Locations [K x n] as spatial coordinates.</summary>
    public Var Place(Tape<T> tape, Var loc) => _coordinates == HyperbolicCoordinates.Spatial ? loc : Space.Exp0(tape, loc);

    /// <summary>Log-density of a law given by the log-density of its tangent vectors v (at the location), at the point of tangent coordinates w = T_loc(v): [B x 1].</summary>
    public Var Wrapped(Tape<T> tape, Var logTangent, Var v, Var w)
        => Dimension == 1 ? logTangent : Measured(tape, tape.Subtract(logTangent, Volume(tape, v)), w);

    /// <summary>A log-density with respect to the volume of the space as one of the measure asked for, at tangent coordinates w: [B x 1].</summary>
    public Var Measured(Tape<T> tape, Var logProb, Var w) => _measure == HyperbolicMeasure.Riemannian || Dimension == 1 ? logProb : tape.Add(logProb, Volume(tape, w));

    // Not recorded in one dimension, where it is 0: its zero gradient would only cost.
    private Var Volume(Tape<T> tape, Var v) => tape.Scale(Space.LogSinhRatio(tape, v), Dimension - 1);

    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        if (_radius != 1) json.WriteNumber("radius", _radius);
        if (Space.LearnsRadius) json.WriteBoolean("learn_radius", true);
        if (_coordinates == HyperbolicCoordinates.Spatial) json.WriteString("coordinates", "spatial");
        if (_measure != HyperbolicMeasure.Tangent) json.WriteString("measure", HyperbolicVolume.Name(_measure));
        if (!IsTrainable) json.WriteBoolean("trainable", false);
    }
}
