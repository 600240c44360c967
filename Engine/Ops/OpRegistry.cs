using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>Every op, by hand and in one place: what tests, pages and <c>Explain</c> go through.</summary>
public static class OpRegistry
{
    /// <summary>The singletons for element type T.</summary>
    public static IReadOnlyList<Op<T>> All<T>() where T : unmanaged, IFloatingPointIeee754<T> =>
    [
        MatMulOp<T>.Instance,
        AddOp<T>.Instance,
        ScaleOp<T>.Instance,
        SumOp<T>.Instance,
        MultiplyOp<T>.Instance,
        DivideOp<T>.Instance,
        AddConstantOp<T>.Instance,
        TransposeOp<T>.Instance,
        SliceColumnsOp<T>.Instance,
        ConcatColumnsOp<T>.Instance,
        GatherColumnsOp<T>.Instance,
        ScatterAddColumnsOp<T>.Instance,
        GatherRowsOp<T>.Instance,
        ScatterAddRowsOp<T>.Instance,
        RepeatRowsOp<T>.Instance,
        BatchedLogAbsDetOp<T>.Instance,
        BatchedMatMulOp<T>.Instance,
        BatchedSolveOp<T>.Instance,
        MaskedMatMulOp<T>.Instance,
        SparseMatMulOp<T>.Instance,
        RowLogSumExpOp<T>.Instance,
        RowSoftmaxOp<T>.Instance,
        RunningSumOp<T>.Instance,
        PickColumnsOp<T>.Instance,
        ClampOp<T>.Instance,
        LogNormalCdfOp<T>.Instance,
        NormalQuantileOp<T>.Instance,
        RowNormOp<T>.Instance,
        StandardNormalLogProbOp<T>.Instance,
        LogAbsDetLuOp<T>.Instance,
        SolveRowsOp<T>.Instance,
        CholeskyOp<T>.Instance,
        LogGammaRatioOp<T>.Instance,
        SpectralNormOp<T>.Instance,
        SolveTriangularRowsOp<T>.Instance,
        TriangleOp<T>.Instance,
        UnpackTriangleOp<T>.Instance,
        MatrixExponentialOp<T>.Instance,
        CirculantOp<T>.Instance,
        FourierOp<T>.Instance,
        SelfNormalizingLinearOp<T>.Instance,
        CachedInverseLinearOp<T>.Instance,
        RelativeGradientLinearOp<T>.Instance,
        .. UnaryOps<T>.All,
        ElementwiseFlowOp<T>.Instance,
        ElementwiseInverseOp<T>.Instance,
        LogitFlowOp<T>.Instance,
        ActNormOp<T>.Instance,
        RationalQuadraticSplineOp<T>.Instance,
        RidgeRootOp<T>.Instance,
        StraightThroughRoundOp<T>.Instance,
    ];
}
