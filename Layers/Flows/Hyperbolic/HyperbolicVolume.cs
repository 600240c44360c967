using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How log-determinants in tangent coordinates change with the measure.</summary>
internal static class HyperbolicVolume
{
    private static readonly string[] s_names = ["tangent", "riemannian"];

    /// <summary>Property measure of a recipe.</summary>
    public static HyperbolicMeasure Read(ConfigReader reader) => (HyperbolicMeasure)Array.IndexOf(s_names, reader.Choice("measure", s_names[0], s_names));

    public static string Name(HyperbolicMeasure measure) => s_names[(int)measure];

    /// <summary>Records factor (L(|to|/R) - L(|from|/R)), [batch x 1]: how much more volume there is around one point than around the other.</summary>
    public static Var Growth<T>(Tape<T> tape, HyperbolicSpace<T> space, Var from, Var to, int factor) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Scale(tape.Subtract(space.LogSinhRatio(tape, to), space.LogSinhRatio(tape, from)), factor);

    /// <summary>The step with its log-determinant with respect to the measure.</summary>
    public static FlowStep Measured<T>(Tape<T> tape, HyperbolicSpace<T> space, HyperbolicMeasure measure, Var from, in FlowStep step) where T : unmanaged, IFloatingPointIeee754<T>
        => measure == HyperbolicMeasure.Tangent ? step : step with { LogAbsDet = tape.Add(step.LogAbsDet, Growth(tape, space, from, step.Output, from.Cols - 1)) };
}
