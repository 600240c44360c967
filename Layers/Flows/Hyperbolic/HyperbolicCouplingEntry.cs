using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What the recipe entries of couplings on hyperbolic space have in common.</summary>
internal sealed record HyperbolicCouplingEntry<T>(bool[] Moved, HyperbolicSpace<T> Space, IConditioner<T> Conditioner, ScaleSettings Scale, HyperbolicMeasure Measure, int Context)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Parameters of a feature that moves: shift, scale.</summary>
    public const int ParametersPerFeature = 2;

    public static HyperbolicCouplingEntry<T> Read(string kind, ConfigReader reader)
    {
        bool[] moved = FeatureSplit<T>.ReadMask(kind, reader);
        int context = reader.Integer("context", 0, 0), moving = moved.AsSpan().Count(true);
        reader.Check(() => Refuse(moved));
        double radius = reader.Number("radius", 1);
        bool learned = reader.Flag("learn_radius", false);
        HyperbolicSpace<T> space = reader.Check(() => new HyperbolicSpace<T>(radius, learned));
        ScaleSettings scale = ScaleSettings.Read(reader);
        HyperbolicMeasure measure = HyperbolicVolume.Read(reader);
        IConditioner<T> conditioner = ConditionerRegistry.Create<T>(reader.Object("conditioner"), moved.Length - moving + context, checked(moving * ParametersPerFeature), ParametersPerFeature);
        return new HyperbolicCouplingEntry<T>(moved, space, conditioner, scale, measure, context);
    }

    public static void Write(Utf8JsonWriter json, FeatureSplit<T> features, HyperbolicSpace<T> space, IConditioner<T> conditioner, in ScaleSettings scale, HyperbolicMeasure measure, int context)
    {
        features.WriteMask(json);
        json.WriteNumber("radius", space.InitialRadius);
        json.WriteBoolean("learn_radius", space.LearnsRadius);
        scale.Write(json);
        json.WriteString("measure", HyperbolicVolume.Name(measure));
        json.WriteNumber("context", context);
        ConditionerRegistry.Write(json, "conditioner", conditioner);
    }

    /// <summary>A coupling needs a coordinate that passes and one that moves.</summary>
    /// <exception cref="ArgumentException">There is one coordinate, or all pass, or all move.</exception>
    public static FeatureSplit<T> Refuse(ReadOnlySpan<bool> moved)
        => moved.Length >= 2 ? new FeatureSplit<T>(moved)
            : throw new ArgumentException($"the latent dimension is {moved.Length}; a coupling needs a coordinate that passes and one that moves: take 2 or more.");
}
