using System.Numerics;

namespace NativeFlow.Cli;

/// <summary>Every fixture layer that the project knows: the one table that verify and its tests go through.</summary>
internal static class FixtureChecks
{
    public static IReadOnlyDictionary<string, FixtureCheck<T>> All<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        var table = new Dictionary<string, FixtureCheck<T>>();
        OptimChecks.Add(table);
        LinalgChecks.Add(table);
        ScalarChecks.Add(table);
        SelfNormChecks.Add(table);
        RelativeGradientChecks.Add(table);
        LinearChecks.Add(table);
        FactoredLinearChecks.Add(table);
        MaskedConvChecks.Add(table);
        PixelwiseChecks.Add(table);
        PlanarChecks.Add(table);
        ModelChecks.Add(table);
        ElementwiseChecks.Add(table);
        NormalizationChecks.Add(table);
        ContinuousChecks.Add(table);
        ConvolutionChecks.Add(table);
        ResidualChecks.Add(table);
        SplineChecks.Add(table);
        TransformerChecks.Add(table);
        TransformerCouplingChecks.Add(table);
        DistributionChecks.Add(table);
        CouplingChecks.Add(table);
        CouplingModelChecks.Add(table);
        GlowModelChecks.Add(table);
        ImageCouplingChecks.Add(table);
        ReshapeChecks.Add(table);
        SplineFlowChecks.Add(table);
        TwoSidedChecks.Add(table);
        AutoregressiveChecks.Add(table);
        BlockFlowChecks.Add(table);
        MafModelChecks.Add(table);
        NeuralTransformerChecks.Add(table);
        ConvExponentialChecks.Add(table);
        HyperbolicCouplingChecks.Add(table);
        HyperbolicDistributionChecks.Add(table);
        HyperbolicGeometryChecks.Add(table);
        return table;
    }
}
