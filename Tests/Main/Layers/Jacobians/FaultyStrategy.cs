using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Wrong on purpose, one way at a time: what the conformance suite must reject.</summary>
internal sealed class FaultyStrategy(string fault) : IJacobianStrategy<double>
{
    public string Name => "faulty";

    public ValueKind Value => fault == "value without kind" ? ValueKind.Exact : ValueKind.None;

    public GradientKind Gradient => GradientKind.Biased;

    public SiteKinds Supports => SiteKinds.DenseMatrix;

    public JacobianSite Attach(ParameterStore<double> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
        => site with { InverseWeight = store.AddBuffer("r", site.Dimension, site.Dimension) };

    public FlowStep Record(Tape<double> tape, in JacobianSite site, Var x, in StepContext c)
    {
        Var r = fault == "transposed inverse" ? tape.Transpose(site.InverseWeight) : site.InverseWeight;
        Var bias = fault == "bias forgotten" ? Var.None : site.Bias;
        (Var z, Var slot) = CachedInverseLinearOp<double>.Record(tape, x, site.Weight, r, bias);
        Var logDet = fault switch
        {
            "half weight" => tape.Scale(slot, 0.5),
            "no inverse" => tape.Constant(0),
            "wrong sign" => tape.Scale(slot, -1),
            _ => slot,
        };
        return new FlowStep(z, logDet, Value, Gradient, Var.None, Var.None);
    }

    public void WriteConfig(Utf8JsonWriter json) { }
}
