using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Shape of a <see cref="UmnnTransformer{T}"/>.</summary>
/// <param name="Embedding">Numbers that a conditioner gives the network beside x.</param>
/// <param name="Hidden">Widths of its hidden layers.</param>
/// <param name="Activation">Between layers; the smoother, the better the quadrature.</param>
/// <param name="Integrand">How its output becomes positive.</param>
/// <param name="Rule">Quadrature.</param>
/// <param name="Nodes">Order of the quadrature.</param>
/// <param name="LeastSlope">Added to the integrand. With <see cref="NativeFlow.Layers.Integrand.Elu"/> and 0 the range need not be the whole line.</param>
public sealed record UmnnSettings(
    int Embedding, int[] Hidden, Activation Activation = Activation.Elu, Integrand Integrand = Integrand.Exp, QuadratureRule Rule = QuadratureRule.GaussLegendre, int Nodes = 32,
    double LeastSlope = 1e-3)
{
    private static string[] IntegrandNames => ["exp", "elu"];

    /// <summary>Throws unless every number is in range.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void Check()
    {
        if (Nodes is < 2 or > 1000) throw new ArgumentException($"nodes is {Nodes}; it must lie in 2 .. 1000.");
        if (!(LeastSlope >= 0 && LeastSlope < 1)) throw new ArgumentException($"least_slope is {LeastSlope}; it must lie in [0, 1).");
    }

    internal static UmnnSettings Read(ConfigReader reader)
    {
        int embedding = reader.Integer("embedding", 1, 8);
        int[] hidden = reader.Integers("hidden", [32, 32]);
        Activation activation = Activations.Read(reader, Activation.Elu);
        var integrand = (Integrand)Array.IndexOf(IntegrandNames, reader.Choice("integrand", IntegrandNames[0], IntegrandNames));
        var rule = (QuadratureRule)Array.IndexOf(Quadrature.Names, reader.Choice("quadrature", Quadrature.Names[0], Quadrature.Names));
        return new UmnnSettings(embedding, hidden, activation, integrand, rule, reader.Integer("nodes", 2, 32), reader.Number("least_slope", 1e-3));
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("embedding", Embedding);
        json.WriteStartArray("hidden");
        foreach (int width in Hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", Activations.Names[(int)Activation]);
        json.WriteString("integrand", IntegrandNames[(int)Integrand]);
        json.WriteString("quadrature", Quadrature.Names[(int)Rule]);
        json.WriteNumber("nodes", Nodes);
        json.WriteNumber("least_slope", LeastSlope);
    }
}
