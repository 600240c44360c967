using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>At least one case for every op of the registry, for any element type.</summary>
public static class OpCases
{
    private static readonly double[] Mask = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1];

    public static List<OpCase<T>> All<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        var list = new List<OpCase<T>>();
        InputSpec N(int rows, int cols, Domain domain = Domain.Normal) => new(rows, cols, domain);
        void Add(string op, string label, InputSpec[] inputs, Func<Tape<T>, Var[], Var> record, bool surrogate = false)
            => list.Add(new OpCase<T>(op, label, inputs, record) { GradientIsSurrogate = surrogate });

        foreach ((bool ta, bool tb) in (ReadOnlySpan<(bool, bool)>)[(false, false), (false, true), (true, false), (true, true)])
            Add("matmul", $"transposes {ta} {tb}", [ta ? N(4, 3) : N(3, 4), tb ? N(5, 4) : N(4, 5)], (t, x) => t.MatMul(x[0], x[1], ta, tb));
        Add("matmul", "a value times itself", [N(3, 3)], (t, x) => t.MatMul(x[0], x[0]));

        foreach ((string label, InputSpec b) in (ReadOnlySpan<(string, InputSpec)>)[("same", N(3, 5)), ("row", N(1, 5)), ("column", N(3, 1)), ("scalar", N(1, 1))])
        {
            Add("add", label, [N(3, 5), b], (t, x) => t.Add(x[0], x[1]));
            Add("add", "subtract, " + label, [N(3, 5), b], (t, x) => t.Subtract(x[0], x[1]));
            Add("multiply", label, [N(3, 5), b], (t, x) => t.Multiply(x[0], x[1]));
            Add("divide", label, [N(3, 5), b with { Domain = Domain.Positive }], (t, x) => t.Divide(x[0], x[1]));
        }
        Add("multiply", "a value times itself", [N(2, 3)], (t, x) => t.Multiply(x[0], x[0]));
        Add("add", "wide row", [N(3, 67), N(1, 67)], (t, x) => t.Add(x[0], x[1]));
        Add("multiply", "wide row", [N(3, 37), N(1, 37)], (t, x) => t.Multiply(x[0], x[1]));
        Add("multiply", "wide column", [N(3, 37), N(3, 1)], (t, x) => t.Multiply(x[0], x[1]));
        Add("scale", "by -1.7", [N(3, 5)], (t, x) => t.Scale(x[0], -1.7));
        Add("add-constant", "0.3", [N(3, 5)], (t, x) => t.AddConstant(x[0], 0.3));
        Add("sum", "all", [N(3, 5)], (t, x) => t.Sum(x[0], 0.7));
        Add("sum", "mean", [N(3, 5)], (t, x) => t.Mean(x[0]));
        Add("sum", "rows", [N(3, 5)], (t, x) => t.SumRows(x[0], 0.7));
        Add("sum", "columns", [N(3, 5)], (t, x) => t.SumColumns(x[0], 0.7));
        Add("sum", "wide columns", [N(2, 67)], (t, x) => t.SumColumns(x[0]));
        Add("transpose", "3x5", [N(3, 5)], (t, x) => t.Transpose(x[0]));
        Add("transpose", "17x19", [N(17, 19)], (t, x) => t.Transpose(x[0]));
        Add("slice-columns", "middle", [N(3, 7)], (t, x) => t.SliceColumns(x[0], 2, 3));
        Add("slice-columns", "left", [N(3, 7)], (t, x) => t.SliceColumns(x[0], 0, 3));
        Add("slice-columns", "right", [N(3, 7)], (t, x) => t.SliceColumns(x[0], 4, 3));
        Add("slice-columns", "all", [N(3, 7)], (t, x) => t.SliceColumns(x[0], 0, 7));
        Add("concat-columns", "one", [N(3, 2)], (t, x) => t.ConcatColumns(x[0]));
        Add("concat-columns", "two", [N(3, 2), N(3, 4)], (t, x) => t.ConcatColumns(x[0], x[1]));
        Add("concat-columns", "four, one twice", [N(3, 2), N(3, 1), N(3, 3)], (t, x) => t.ConcatColumns(x[0], x[1], x[2], x[0]));
        InputSpec permutation = InputSpec.Fixed(1, 5, 3, 0, 4, 1, 2), repeated = InputSpec.Fixed(1, 4, 2, 0, 2, 1);
        Add("gather-columns", "permutation", [N(3, 5), permutation], (t, x) => t.GatherColumns(x[0], x[1]));
        Add("gather-columns", "repeated", [N(3, 5), repeated], (t, x) => t.GatherColumns(x[0], x[1]));
        Add("scatter-add-columns", "permutation", [N(3, 5), permutation], (t, x) => t.ScatterAddColumns(x[0], x[1], 5));
        Add("scatter-add-columns", "repeated, wider", [N(3, 4), repeated], (t, x) => t.ScatterAddColumns(x[0], x[1], 6));
        Add("gather-rows", "permutation", [N(5, 3), permutation], (t, x) => t.GatherRows(x[0], x[1]));
        Add("gather-rows", "repeated", [N(5, 3), repeated], (t, x) => t.GatherRows(x[0], x[1]));
        Add("scatter-add-rows", "permutation", [N(5, 3), permutation], (t, x) => t.ScatterAddRows(x[0], x[1], 5));
        Add("scatter-add-rows", "repeated, more rows", [N(4, 3), repeated], (t, x) => t.ScatterAddRows(x[0], x[1], 6));
        Add("gather-rows", "wide", [N(5, 37), repeated], (t, x) => t.GatherRows(x[0], x[1]));
        Add("scatter-add-rows", "wide", [N(4, 37), repeated], (t, x) => t.ScatterAddRows(x[0], x[1], 3));
        Add("sparse-matmul", "wide", [N(3, 37), InputSpec.Fixed(1, 2, 0.5, -3), InputSpec.Fixed(1, 2, 2, 0), InputSpec.Fixed(1, 3, 0, 1, 2)], (t, x) => t.SparseMatMul(x[1], x[2], x[3], 3, x[0]));
        Add("repeat-rows", "1x5 to 4x5", [N(1, 5)], (t, x) => t.RepeatRows(x[0], 4));
        for (int flags = 0; flags < 16; flags++)
        {
            bool ta = (flags & 1) != 0, tb = (flags & 2) != 0, sa = (flags & 4) != 0, sb = (flags & 8) != 0;
            (int ra, int ca) = ta ? (4, 2) : (2, 4);
            (int rb, int cb) = tb ? (3, 4) : (4, 3);
            Add("batched-matmul", $"transposes {ta} {tb}, shared {sa} {sb}", [N(sa ? ra : 3 * ra, ca), N(sb ? rb : 3 * rb, cb)],
                (t, x) => t.BatchedMatMul(x[0], x[1], 3, ta, tb, sa, sb));
        }
        Add("masked-matmul", "mask 3x4", [N(2, 4), N(3, 4), InputSpec.Fixed(3, 4, Mask)], (t, x) => t.MaskedMatMul(x[0], x[1], x[2]));
        // [[0 2 0 -1], [0 0 0 0], [0.5 0 3 0]]
        InputSpec[] csr = [InputSpec.Fixed(1, 4, 2, -1, 0.5, 3), InputSpec.Fixed(1, 4, 1, 3, 0, 2), InputSpec.Fixed(1, 4, 0, 2, 2, 4)];
        Add("sparse-matmul", "S x", [N(4, 2), .. csr], (t, x) => t.SparseMatMul(x[1], x[2], x[3], 4, x[0]));
        Add("sparse-matmul", "S^T x", [N(3, 2), .. csr], (t, x) => t.SparseMatMul(x[1], x[2], x[3], 4, x[0], transpose: true));
        Add("row-log-sum-exp", "3x5", [N(3, 5)], (t, x) => t.RowLogSumExp(x[0]));
        Add("row-log-sum-exp", "2x37", [N(2, 37)], (t, x) => t.RowLogSumExp(x[0]));
        Add("row-softmax", "3x5", [N(3, 5)], (t, x) => t.RowSoftmax(x[0]));
        Add("row-softmax", "2x37", [N(2, 37)], (t, x) => t.RowSoftmax(x[0]));
        Add("running-sum", "3x5", [N(3, 5)], (t, x) => t.RunningSum(x[0]));
        Add("pick-columns", "shared table", [N(3, 4), InputSpec.Fixed(2, 3, 0, 2, 1, 2, 2, 0)], (t, x) => t.PickColumns(x[0], x[1], 1));
        Add("pick-columns", "own table", [N(6, 3), InputSpec.Fixed(3, 2, 0, 2, 1, 2, 2, 0)], (t, x) => t.PickColumns(x[0], x[1]));
        Add("clamp", "3x5 inside", [N(3, 5)], (t, x) => t.Clamp(x[0], -9, 9));
        Add("clamp", "1x5 outside", [N(1, 5, Domain.AwayFromZero)], (t, x) => t.Clamp(x[0], -0.05, 0.07));
        Add("log-normal-cdf", "3x5", [N(3, 5)], (t, x) => t.LogNormalCdf(x[0]));
        Add("normal-quantile", "log p", [N(3, 5, Domain.Positive), N(3, 5, Domain.Unit)], (t, x) => t.NormalQuantile(t.Scale(x[0], -1), t.Scale(x[1], -0.5)));
        Add("normal-quantile", "log q", [N(3, 5, Domain.Unit), N(3, 5, Domain.Positive)], (t, x) => t.NormalQuantile(t.Scale(x[0], -0.5), t.Scale(x[1], -4)));
        Add("standard-normal-log-prob", "3x5", [N(3, 5)], (t, x) => t.StandardNormalLogProb(x[0]));
        Add("standard-normal-log-prob", "2x37", [N(2, 37)], (t, x) => t.StandardNormalLogProb(x[0]));
        Add("log-abs-det-lu", "5x5", [N(5, 5)], (t, x) => t.LogAbsDet(x[0]));
        Add("log-abs-det-lu", "1x1", [N(1, 1)], (t, x) => t.LogAbsDet(x[0]));

        // Among many random matrices one is nearly singular; 6 I away none is.
        static Var Away(Tape<T> t, Var stack) => t.Add(stack.Reshape(stack.Length / 4, 4), t.Scale(t.Identity(2), 6).Reshape(1, 4)).Reshape(stack.Rows, 2);
        Add("batched-log-abs-det", "4 of 3x3", [N(12, 3)], (t, x) => t.BatchedLogAbsDet(x[0]));
        Add("batched-log-abs-det", "33 of 2x2", [N(66, 2)], (t, x) => t.BatchedLogAbsDet(Away(t, x[0])));
        Add("batched-log-abs-det", "1x1", [N(4, 1, Domain.AwayFromZero)], (t, x) => t.BatchedLogAbsDet(x[0]));
        Add("batched-solve", "4 of 3x3", [N(12, 3), N(4, 3)], (t, x) => t.BatchedSolve(x[0], x[1]));
        Add("batched-solve", "33 of 2x2", [N(66, 2), N(33, 2)], (t, x) => t.BatchedSolve(Away(t, x[0]), x[1]));
        Add("spectral-norm", "above the bound", [N(3, 4), InputSpec.Fixed(1, 3, 1, -2, 0.5)], (t, x) => SpectralNormOp<T>.Record(t, x[0], x[1], 0.7, 100_000, 1e-13).Weight);
        Add("spectral-norm", "below the bound", [N(5, 2), InputSpec.Fixed(5, 1, 1, -2, 0.5, 1, 1)], (t, x) => SpectralNormOp<T>.Record(t, x[0], x[1], 100, 5).Weight);

        Add("solve-rows", "3x3", [N(3, 3), N(4, 3)], (t, x) => t.SolveRows(x[0], x[1]));
        Add("solve-rows", "1x1", [N(1, 1, Domain.AwayFromZero), N(4, 1)], (t, x) => t.SolveRows(x[0], x[1]));

        Add("cholesky", "4x4", [N(4, 4)], (t, x) => t.Cholesky(t.Add(t.MatMul(x[0], x[0], transposeB: true), t.Identity(4))));
        Add("cholesky", "1x1", [N(1, 1, Domain.Positive)], (t, x) => t.Cholesky(x[0]));
        Add("log-gamma-ratio", "3x5", [N(3, 5, Domain.Positive)], (t, x) => t.LogGammaRatio(x[0]));
        Add("log-gamma-ratio", "large", [N(1, 3, Domain.Positive)], (t, x) => t.LogGammaRatio(t.Scale(x[0], 20)));
        Add("riemannian-normalizer", "3x5, n 4", [N(3, 5)], (t, x) => t.RiemannianNormalizer(x[0], 4));
        Add("riemannian-normalizer", "n 2", [N(1, 2)], (t, x) => t.RiemannianNormalizer(x[0], 2));
        // Far from singular: ones and twos on the diagonal.
        Var Dominant(Tape<T> t, Var m) => t.Add(m, t.Scale(t.Identity(m.Rows), 4));
        for (int flags = 0; flags < 8; flags++)
        {
            bool lower = (flags & 1) != 0, unit = (flags & 2) != 0, transpose = (flags & 4) != 0;
            list.Add(new OpCase<T>("solve-triangular-rows", $"lower {lower}, unit {unit}, transposed {transpose}", [N(5, 5), N(4, 5)],
                (t, x) => t.SolveTriangularRows(Dominant(t, x[0]), x[1], lower, unit, transpose))
            { Recorded = false });
        }
        list.Add(new OpCase<T>("solve-triangular-rows", "wide", [N(70, 70), N(5, 70)], (t, x) => t.SolveTriangularRows(Dominant(t, t.Scale(x[0], 0.05)), x[1], true)) { Recorded = false });
        foreach (bool lower in (ReadOnlySpan<bool>)[true, false])
        {
            Add("triangle", $"lower {lower}", [N(4, 4)], (t, x) => t.Triangle(x[0], lower));
            Add("triangle", $"lower {lower}, unit", [N(4, 4)], (t, x) => t.Triangle(x[0], lower, unit: true));
            Add("unpack-triangle", $"lower {lower}", [N(1, 6), N(1, 4)], (t, x) => t.UnpackTriangle(x[0], x[1], 4, lower));
            Add("unpack-triangle", $"lower {lower}, ones", [N(1, 6)], (t, x) => t.UnpackTriangle(x[0], Var.None, 4, lower));
            Add("unpack-triangle", $"lower {lower}, diagonal", [N(1, 4)], (t, x) => t.UnpackTriangle(Var.None, x[0], 4, lower));
        }
        foreach (RidgeFunction ridge in (ReadOnlySpan<RidgeFunction>)[RidgeFunction.Tanh, RidgeFunction.Bump])
            Add("ridge-root", $"{ridge}", [N(3, 5), N(3, 5, Domain.Unit), N(3, 5, Domain.Unit), N(3, 5)], (t, x) => t.RidgeRoot(ridge, x[0], x[1], x[2], x[3]));
        foreach (RadialFunction radial in Enum.GetValues<RadialFunction>())
            Add("radial-map", $"{radial}", [N(3, 4), N(1, 1, Domain.Positive)], (t, x) => t.RadialMap(x[0], x[1], radial));
        foreach (bool back in (ReadOnlySpan<bool>)[false, true])
        {
            Add("hyperbolic-translate", $"a point a row, back {back}", [N(3, 4), N(3, 4), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicTranslate(x[0], x[1], x[2], back));
            Add("hyperbolic-translate", $"one point, back {back}", [N(3, 4), N(1, 4), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicTranslate(x[0], x[1], x[2], back));
        }
        Add("hyperbolic-translate", "near points", [N(3, 4), N(3, 4), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicTranslate(x[0], t.Scale(x[1], 0.1), x[2]));
        Add("hyperbolic-translate", "one column", [N(3, 1), N(3, 1), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicTranslate(x[0], x[1], x[2]));
        Add("hyperbolic-distance", "3x4", [N(3, 4), N(3, 4), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicDistance(x[0], x[1], x[2]));
        Add("hyperbolic-distance", "one column", [N(3, 1), N(3, 1), N(1, 1, Domain.Positive)], (t, x) => t.HyperbolicDistance(x[0], x[1], x[2]));
        Add("row-norm", "3x5", [N(3, 5)], (t, x) => t.RowNorm(x[0]));
        Add("row-norm", "2x37", [N(2, 37)], (t, x) => t.RowNorm(x[0]));
        Add("row-norm", "one column", [N(3, 1, Domain.AwayFromZero)], (t, x) => t.RowNorm(x[0]));
        foreach ((string label, ConvShape shape) in (ReadOnlySpan<(string, ConvShape)>)
            [
                ("3x3", ConvShape.Same(2, 3, 4, 5, 3)), ("5x5, small image", ConvShape.Same(1, 2, 3, 2, 5)), ("1x1", ConvShape.Same(3, 3, 2, 3, 1)),
                ("circular", ConvShape.Same(2, 2, 3, 4, 3, circular: true)), ("up and left", new ConvShape(2, 2, 3, 3, 2, 2, 1, 1)), ("17 to 5 channels", ConvShape.Same(17, 5, 3, 3, 3)),
            ])
        {
            InputSpec weight = N(shape.OutChannels, shape.WeightColumns);
            Add("conv2d", label, [N(3, shape.InLength), weight, N(1, shape.OutChannels)], (t, x) => t.Conv2d(x[0], x[1], shape, x[2]));
            Add("conv2d", label + ", no bias", [N(2, shape.InLength), weight], (t, x) => t.Conv2d(x[0], x[1], shape));
            Add("mirror-kernel", label, [weight], (t, x) => t.MirrorKernel(x[0], shape));
            if (shape.WeightLength < 100) Add("conv-matrix", label, [weight], (t, x) => t.ConvMatrix(x[0], shape));
            Add("conv2d-weight-gradient", label, [N(2, shape.InLength), N(2, shape.OutLength)], (t, x) => Conv2dWeightGradientOp<T>.Record(t, x[0], x[1], shape));
        }
        foreach ((string label, ConvShape shape) in (ReadOnlySpan<(string, ConvShape)>)
            [
                ("3x3", ConvShape.Same(2, 2, 3, 4, 3)), ("5x5", ConvShape.Same(1, 1, 5, 3, 5)), ("1x1", ConvShape.Same(3, 3, 2, 3, 1)), ("one row", ConvShape.Same(1, 1, 1, 6, 3)),
                ("up and left", new ConvShape(2, 2, 3, 3, 2, 2, 1, 1)),
            ])
        {
            // Random kernels have nearly singular matrices; with 5 on the pixel itself they have none.
            double[] centre = new double[shape.WeightLength];
            for (int i = 0; i < shape.OutChannels; i++) centre[(((i * shape.InChannels) + i) * shape.Taps) + (shape.AnchorRow * shape.KernelWidth) + shape.AnchorColumn] = 5;
            T[] five = [.. centre.Select(T.CreateTruncating)];
            Var Near(Tape<T> t, Var w) => t.Add(w, t.Input(five, shape.OutChannels, shape.WeightColumns));
            InputSpec weight = N(shape.OutChannels, shape.WeightColumns);
            Add("conv-log-abs-det", label, [weight], (t, x) => t.ConvLogAbsDet(Near(t, x[0]), shape));
            Add("conv-log-abs-det-probes", label, [weight], (t, x) => t.ConvLogAbsDetProbes(Near(t, x[0]), shape, 3, 5, 7), surrogate: true);
            Add("conv-solve", label, [weight, N(2, shape.OutLength)], (t, x) => t.ConvSolve(Near(t, x[0]), x[1], shape));
        }
        foreach ((string label, ConvShape shape) in (ReadOnlySpan<(string, ConvShape)>)
            [
                ("3x3", ConvShape.Same(2, 2, 4, 5, 3, circular: true)), ("one channel", ConvShape.Same(1, 1, 3, 4, 3, circular: true)),
                ("kernel larger than the image", new ConvShape(2, 2, 2, 3, 5, 4, 1, 3, true)), ("one row, 3 channels", new ConvShape(3, 3, 1, 6, 1, 2, 0, 0, true)),
            ])
        {
            InputSpec weight = N(shape.OutChannels, shape.WeightColumns, Domain.Dominant);
            Add("circular-conv-log-abs-det", label, [weight], (t, x) => t.CircularConvLogAbsDet(x[0], shape));
            Add("circular-conv-solve", label, [weight, N(3, shape.OutLength)], (t, x) => t.CircularConvSolve(x[0], x[1], shape));
        }
        foreach ((string label, ConvShape shape) in (ReadOnlySpan<(string, ConvShape)>)
            [
                ("2x2", new ConvShape(2, 2, 3, 4, 2, 2, 1, 1)), ("3x3, one channel", new ConvShape(1, 1, 4, 3, 3, 3, 2, 2)), ("1x1", new ConvShape(3, 3, 2, 2, 1, 1, 0, 0)),
                ("larger than the image", new ConvShape(2, 2, 2, 1, 3, 2, 2, 1)), ("11 channels", new ConvShape(11, 11, 2, 3, 2, 2, 1, 1)),
            ])
            foreach (bool transpose in (ReadOnlySpan<bool>)[false, true])
            {
                // Far from singular: threes on the diagonal of the last tap.
                int channels = shape.InChannels, taps = shape.Taps;
                var three = new double[shape.WeightLength];
                for (int c = 0; c < channels; c++) three[(((c * channels) + c + 1) * taps) - 1] = 3;
                list.Add(new OpCase<T>("conv-substitution", $"{label}, transposed {transpose}", [N(3, shape.InLength), N(channels, channels * taps), InputSpec.Fixed(channels, channels * taps, three)],
                    (t, x) => t.ConvSubstitution(x[0], t.Add(t.Scale(x[1], 0.2), x[2]), shape, transpose))
                { Recorded = false });
            }
        Add("circulant", "5", [N(1, 5)], (t, x) => t.Circulant(x[0]));
        Add("fourier", "2x6", [N(2, 6)], (t, x) => t.Fourier(x[0]));
        Add("fourier", "1x5", [N(1, 5)], (t, x) => t.Fourier(x[0]));
        Add("fourier", "inverse, 2x5", [N(2, 10)], (t, x) => t.FourierInverse(x[0]));
        Add("matrix-exponential", "4x4", [N(4, 4)], (t, x) => t.MatrixExponential(x[0]));
        Add("matrix-exponential", "1x1", [N(1, 1)], (t, x) => t.MatrixExponential(x[0]));

        foreach ((string label, ConvShape shape) in (ReadOnlySpan<(string, ConvShape)>)
            [("3x3", ConvShape.Same(2, 2, 3, 4, 3)), ("5x5, circular", ConvShape.Same(1, 1, 5, 6, 5, circular: true)), ("1x1", ConvShape.Same(3, 3, 2, 2, 1))])
        {
            InputSpec kernel = N(shape.OutChannels, shape.WeightColumns), bias = N(1, shape.OutChannels);
            InputSpec[] convolution = [N(3, shape.InLength), kernel, kernel, bias];
            foreach (SelfNormalizingForm form in (ReadOnlySpan<SelfNormalizingForm>)[SelfNormalizingForm.Published, SelfNormalizingForm.ReconstructionOnly])
            {
                Add("self-normalizing-conv", $"{label}, {form}", convolution, (t, x) => SelfNormalizingConvOp<T>.Record(t, x[0], x[1], x[2], x[3], shape, form, 0.7, Var.None).Z, surrogate: true);
                Add("self-normalizing-conv", $"{label}, {form}, probes", convolution, (t, x) => SelfNormalizingConvOp<T>.Record(t, x[0], x[1], x[2], x[3], shape, form, 0.7, t.Constant(0.3, 2, shape.InLength)).Z, surrogate: true);
            }
            Add("self-normalizing-conv", label + ", no bias", [convolution[0], kernel, kernel], (t, x) => SelfNormalizingConvOp<T>.Record(t, x[0], x[1], x[2], Var.None, shape, SelfNormalizingForm.Published, 0.7, Var.None).Z, surrogate: true);
        }
        InputSpec[] linear = [N(4, 3), N(3, 3), N(3, 3), N(1, 3)];
        Add("self-normalizing-linear", "published", linear, (t, x) => SelfNormalizingLinearOp<T>.Record(t, x[0], x[1], x[2], x[3], SelfNormalizingForm.Published, 0.7).Z, surrogate: true);
        Add("self-normalizing-linear", "published unfused", linear, (t, x) => SelfNormalizingLinearOp<T>.Record(t, x[0], x[1], x[2], x[3], SelfNormalizingForm.PublishedUnfused, 0.7).Z, surrogate: true);
        Add("self-normalizing-linear", "reconstruction only", linear, (t, x) => SelfNormalizingLinearOp<T>.Record(t, x[0], x[1], x[2], x[3], SelfNormalizingForm.ReconstructionOnly, 0.7).Z, surrogate: true);
        Add("self-normalizing-linear", "probes", linear, (t, x) => SelfNormalizingLinearOp<T>.Record(t, x[0], x[1], x[2], x[3], SelfNormalizingForm.Published, 0.7, probes: 5, key: 3, stream: 2).Z, surrogate: true);
        Add("straight-through-round", "nearest", [N(3, 5)], (t, x) => StraightThroughRoundOp<T>.Record(t, x[0]), surrogate: true);
        Add("straight-through-round", "down", [N(2, 37)], (t, x) => StraightThroughRoundOp<T>.Record(t, x[0], down: true), surrogate: true);
        // Seeded at z alone, this one is the gradient of z.
        Add("cached-inverse-linear", "with bias", [N(4, 3), N(3, 3), N(1, 3), InputSpec.Fixed(3, 3, 1, 2, 0, -1, 1, 0.5, 0, 0.3, 2)], (t, x) => CachedInverseLinearOp<T>.Record(t, x[0], x[1], x[3], x[2]).Z);
        Add("relative-gradient-linear", "with bias", [N(4, 3), N(3, 3), N(1, 3)], (t, x) => RelativeGradientLinearOp<T>.Record(t, x[0], x[1], x[2]).Z, surrogate: true);

        foreach ((FlowFunction function, double parameter) in (ReadOnlySpan<(FlowFunction, double)>)[(FlowFunction.LeakyRelu, 0.2), (FlowFunction.SmoothLeakyRelu, 0.3), (FlowFunction.SneakyRelu, 0.1), (FlowFunction.SmoothTanh, 0.2)])
        {
            InputSpec x37 = N(2, 37, Domain.AwayFromZero), x5 = N(3, 5, Domain.AwayFromZero);
            Add("elementwise-flow", $"{function}, z", [x37], (t, x) => ElementwiseFlowOp<T>.Record(t, x[0], function, parameter).Z);
            Add("elementwise-flow", $"{function}, log-det", [x5], (t, x) => ElementwiseFlowOp<T>.Record(t, x[0], function, parameter).LogDet);
            Add("elementwise-inverse", $"{function}, x", [x37], (t, x) => ElementwiseInverseOp<T>.Record(t, x[0], function, parameter).X);
            Add("elementwise-inverse", $"{function}, log-det", [x5], (t, x) => ElementwiseInverseOp<T>.Record(t, x[0], function, parameter).LogDet);
        }
        var interval = new LogitSettings(-1, 2, 0.05, 1.5);
        Add("logit-flow", "z", [N(3, 5, Domain.Unit)], (t, x) => LogitFlowOp<T>.Record(t, x[0], interval).Z);
        Add("logit-flow", "log-det", [N(2, 37, Domain.Unit)], (t, x) => LogitFlowOp<T>.Record(t, x[0], interval).LogDet);
        Add("logit-flow", "inverse, x", [N(2, 37)], (t, x) => LogitFlowOp<T>.RecordInverse(t, x[0], interval).X);
        Add("logit-flow", "inverse, log-det", [N(3, 5)], (t, x) => LogitFlowOp<T>.RecordInverse(t, x[0], interval).LogDet);
        foreach (AffineForm form in (ReadOnlySpan<AffineForm>)[AffineForm.ScaleFirst, AffineForm.CenterFirst, AffineForm.PlainScale, AffineForm.CenterFirst | AffineForm.PlainScale])
        {
            InputSpec scale = N(1, 5, Domain.AwayFromZero);
            Add("actnorm", $"{form}, z", [N(3, 5), scale, N(1, 5)], (t, x) => ActNormOp<T>.Record(t, x[0], x[1], x[2], form).Z);
            Add("actnorm", $"{form}, images, z", [N(3, 15), scale, N(1, 5)], (t, x) => ActNormOp<T>.Record(t, x[0], x[1], x[2], form, 3).Z);
            Add("actnorm", $"{form}, images, log-det", [N(3, 15), scale, N(1, 5)], (t, x) => ActNormOp<T>.Record(t, x[0], x[1], x[2], form, 3).LogDet);
        }
        var spline = new SplineSettings(3, 4, RawFactor: 0.5);
        foreach (int rows in (ReadOnlySpan<int>)[1, 3])
        {
            InputSpec[] s = [N(3, 5), N(rows, 5 * spline.RawLength)];
            Add("rational-quadratic-spline", $"{rows} rows of parameters, z", s, (t, x) => RationalQuadraticSplineOp<T>.Record(t, x[0], x[1], spline).Z);
            Add("rational-quadratic-spline", $"{rows} rows of parameters, log-det", s, (t, x) => RationalQuadraticSplineOp<T>.Record(t, x[0], x[1], spline).LogDet);
            Add("rational-quadratic-spline", $"{rows} rows of parameters, inverse, x", s, (t, x) => RationalQuadraticSplineOp<T>.RecordInverse(t, x[0], x[1], spline).X);
            Add("rational-quadratic-spline", $"{rows} rows of parameters, inverse, log-det", s, (t, x) => RationalQuadraticSplineOp<T>.RecordInverse(t, x[0], x[1], spline).LogDet);
        }

        void Unary(string op, Domain domain, Func<Tape<T>, Var, Var> record, Func<Tape<T>, Var, Var, Var> derivative)
        {
            Add(op, "3x5", [N(3, 5, domain)], (t, x) => record(t, x[0]));
            Add(op, "1x37", [N(1, 37, domain)], (t, x) => record(t, x[0]));
            Add(op + "-derivative", "3x5", [N(3, 5, domain)], (t, x) => derivative(t, x[0], record(t, x[0]).Detach()));
        }
        Unary("abs", Domain.AwayFromZero, (t, x) => t.Abs(x), (t, x, y) => UnaryOps<T>.Abs.Derivative.Record(t, x, y));
        Unary("asinh", Domain.Normal, (t, x) => t.Asinh(x), (t, x, y) => UnaryOps<T>.Asinh.Derivative.Record(t, x, y));
        Unary("asinh-ratio", Domain.Positive, (t, x) => t.AsinhRatio(x), (t, x, y) => UnaryOps<T>.AsinhRatio.Derivative.Record(t, x, y));
        Unary("atan", Domain.Normal, (t, x) => t.Atan(x), (t, x, y) => UnaryOps<T>.Atan.Derivative.Record(t, x, y));
        Unary("cos", Domain.Normal, (t, x) => t.Cos(x), (t, x, y) => UnaryOps<T>.Cos.Derivative.Record(t, x, y));
        Unary("cosh-root", Domain.Positive, (t, x) => t.CoshRoot(x), (t, x, y) => UnaryOps<T>.CoshRoot.Derivative.Record(t, x, y));
        Unary("elu", Domain.AwayFromZero, (t, x) => t.Elu(x, 0.6), (t, x, y) => UnaryOps<T>.Elu.Derivative.Record(t, x, y, 0.6));
        Unary("exp", Domain.Normal, (t, x) => t.Exp(x), (t, x, y) => UnaryOps<T>.Exp.Derivative.Record(t, x, y));
        Unary("expm1", Domain.Normal, (t, x) => t.Expm1(x), (t, x, y) => UnaryOps<T>.Expm1.Derivative.Record(t, x, y));
        Unary("leaky-relu", Domain.AwayFromZero, (t, x) => t.LeakyRelu(x, 0.2), (t, x, y) => UnaryOps<T>.LeakyRelu.Derivative.Record(t, x, y, 0.2));
        Unary("log", Domain.Positive, (t, x) => t.Log(x), (t, x, y) => UnaryOps<T>.Log.Derivative.Record(t, x, y));
        Unary("log1p", Domain.Positive, (t, x) => t.Log1p(x), (t, x, y) => UnaryOps<T>.Log1p.Derivative.Record(t, x, y));
        Unary("log-sigmoid", Domain.Normal, (t, x) => t.LogSigmoid(x), (t, x, y) => UnaryOps<T>.LogSigmoid.Derivative.Record(t, x, y));
        Unary("log-sinh-ratio", Domain.Positive, (t, x) => t.LogSinhRatio(x), (t, x, y) => UnaryOps<T>.LogSinhRatio.Derivative.Record(t, x, y));
        Unary("logit", Domain.Unit, (t, x) => t.Logit(x), (t, x, y) => UnaryOps<T>.Logit.Derivative.Record(t, x, y));
        Unary("negate", Domain.Normal, (t, x) => t.Negate(x), (t, x, y) => UnaryOps<T>.Negate.Derivative.Record(t, x, y));
        Unary("reciprocal", Domain.AwayFromZero, (t, x) => t.Reciprocal(x), (t, x, y) => UnaryOps<T>.Reciprocal.Derivative.Record(t, x, y));
        Unary("relu", Domain.AwayFromZero, (t, x) => t.Relu(x), (t, x, y) => UnaryOps<T>.Relu.Derivative.Record(t, x, y));
        Unary("sigmoid", Domain.Normal, (t, x) => t.Sigmoid(x), (t, x, y) => UnaryOps<T>.Sigmoid.Derivative.Record(t, x, y));
        Unary("sin", Domain.Normal, (t, x) => t.Sin(x), (t, x, y) => UnaryOps<T>.Sin.Derivative.Record(t, x, y));
        Unary("sinh-ratio", Domain.Positive, (t, x) => t.SinhRatio(x), (t, x, y) => UnaryOps<T>.SinhRatio.Derivative.Record(t, x, y));
        Unary("smooth-leaky-relu", Domain.Normal, (t, x) => t.SmoothLeakyRelu(x, 0.3), (t, x, y) => UnaryOps<T>.SmoothLeakyRelu.Derivative.Record(t, x, y, 0.3));
        Unary("softplus", Domain.Normal, (t, x) => t.Softplus(x), (t, x, y) => UnaryOps<T>.Softplus.Derivative.Record(t, x, y));
        Unary("sqrt", Domain.Positive, (t, x) => t.Sqrt(x), (t, x, y) => UnaryOps<T>.Sqrt.Derivative.Record(t, x, y));
        Unary("square", Domain.Normal, (t, x) => t.Square(x), (t, x, y) => UnaryOps<T>.Square.Derivative.Record(t, x, y));
        Unary("tanh", Domain.Normal, (t, x) => t.Tanh(x), (t, x, y) => UnaryOps<T>.Tanh.Derivative.Record(t, x, y));
        return list;
    }

    /// <summary>Uses that must be refused with a message that names the shapes.</summary>
    public static List<RefusedUse<T>> Refused<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        static Var V(Tape<T> t, int rows, int cols) => t.Constant(1, rows, cols);
        static Var SelfNormalizing(Tape<T> t, Var x, int weights)
            => SelfNormalizingConvOp<T>.Record(t, x, V(t, 1, 9), V(t, 1, weights), Var.None, ConvShape.Same(1, 1, 2, 4, 3), SelfNormalizingForm.Published, 1, Var.None).Z;
        static Var Index(Tape<T> t, params double[] values) => t.Input(Array.ConvertAll(values, T.CreateTruncating), 1, values.Length);
        return
        [
            new("matmul", t => t.MatMul(V(t, 2, 3), V(t, 4, 5)), "2x3", "4x5"),
            new("add", t => t.Add(V(t, 2, 3), V(t, 3, 2)), "2x3", "3x2"),
            new("multiply", t => t.Multiply(V(t, 2, 3), V(t, 3, 2)), "2x3", "3x2"),
            new("divide", t => t.Divide(V(t, 2, 3), V(t, 3, 2)), "2x3", "3x2"),
            new("slice-columns", t => t.SliceColumns(V(t, 2, 3), 2, 2), "2x3", "2..4"),
            new("slice-columns", t => t.SliceColumns(V(t, 2, 3), -1, 2), "2x3", "-1..1"),
            new("concat-columns", t => t.ConcatColumns(V(t, 2, 3), V(t, 3, 3)), "2x3", "3x3"),
            new("gather-columns", t => t.GatherColumns(V(t, 2, 3), Index(t, 0, 3)), "index number 1 is 3"),
            new("gather-columns", t => t.GatherColumns(V(t, 2, 3), Index(t, 0, 0.5)), "index number 1 is 0.5"),
            new("gather-columns", t => t.GatherColumns(V(t, 2, 3), Index(t, double.NaN)), "NaN"),
            new("gather-columns", t => t.GatherColumns(V(t, 2, 3), V(t, 1, 0)), "2x3", "1x0"),
            new("scatter-add-columns", t => t.ScatterAddColumns(V(t, 2, 3), Index(t, 0, 1), 4), "2x3", "1x2"),
            new("scatter-add-columns", t => t.ScatterAddColumns(V(t, 2, 2), Index(t, 0, 4), 4), "index number 1 is 4"),
            new("gather-rows", t => t.GatherRows(V(t, 2, 3), Index(t, -1)), "index number 0 is -1"),
            new("gather-rows", t => t.GatherRows(V(t, 2, 3), V(t, 1, 0)), "2x3", "1x0"),
            new("scatter-add-rows", t => t.ScatterAddRows(V(t, 2, 3), Index(t, 0), 4), "2x3", "1x1"),
            new("pick-columns", t => t.PickColumns(V(t, 4, 3), V(t, 2, 3)), "4x3", "2x3"),
            new("pick-columns", t => t.PickColumns(V(t, 3, 3), Index(t, 0, 3, 1)), "index number 1 is 3"),
            new("clamp", t => t.Clamp(V(t, 2, 3), 2, 1), "low is 2", "high is 1"),
            new("normal-quantile", t => t.NormalQuantile(V(t, 2, 3), V(t, 3, 2)), "2x3", "3x2"),
            new("repeat-rows", t => t.RepeatRows(V(t, 2, 3), 4), "2x3", "1x3"),
            new("batched-matmul", t => t.BatchedMatMul(V(t, 4, 3), V(t, 4, 5), 2), "4x3", "4x5"),
            new("batched-matmul", t => t.BatchedMatMul(V(t, 5, 3), V(t, 6, 5), 2), "5x3", "6x5"),
            new("masked-matmul", t => t.MaskedMatMul(V(t, 2, 3), V(t, 4, 3), V(t, 3, 4)), "4x3", "3x4"),
            new("masked-matmul", t => t.MaskedMatMul(V(t, 2, 4), V(t, 4, 3), V(t, 4, 3)), "2x4", "4x3"),
            new("sparse-matmul", t => t.SparseMatMul(Index(t, 1, 2), Index(t, 0, 1), Index(t, 0, 1, 2), 3, V(t, 2, 4)), "2x3", "2x4"),
            new("sparse-matmul", t => t.SparseMatMul(Index(t, 1, 2), Index(t, 0), Index(t, 0, 1, 2), 3, V(t, 3, 4)), "1x2", "1x1"),
            new("sparse-matmul", t => t.SparseMatMul(Index(t, 1, 2), Index(t, 0, 3), Index(t, 0, 1, 2), 3, V(t, 3, 4)), "index number 1 is 3"),
            new("cholesky", t => t.Cholesky(V(t, 2, 3)), "2x3", "square"),
            new("log-abs-det-lu", t => t.LogAbsDet(V(t, 2, 3)), "2x3", "square"),
            new("batched-log-abs-det", t => t.BatchedLogAbsDet(V(t, 5, 2)), "5x2", "order 2"),
            new("batched-solve", t => t.BatchedSolve(V(t, 6, 3), V(t, 3, 3)), "6x3", "3x3", "9x3"),
            new("spectral-norm", t => SpectralNormOp<T>.Record(t, V(t, 2, 3), V(t, 1, 3), 1, 1), "2x3", "1x3", "2 numbers"),
            new("solve-triangular-rows", t => t.SolveTriangularRows(V(t, 2, 3), V(t, 4, 3), true), "2x3", "4x3"),
            new("solve-triangular-rows", t => t.SolveTriangularRows(V(t, 3, 3), V(t, 4, 2), true), "3x3", "4x2"),
            new("conv2d", t => t.Conv2d(V(t, 2, 7), V(t, 2, 9), ConvShape.Same(1, 2, 2, 4, 3)), "2x7", "8 columns"),
            new("conv2d", t => t.Conv2d(V(t, 2, 8), V(t, 2, 18), ConvShape.Same(1, 2, 2, 4, 3)), "2x18", "2x9"),
            new("conv2d", t => t.Conv2d(V(t, 2, 8), V(t, 2, 9), ConvShape.Same(1, 2, 2, 4, 3), V(t, 1, 3)), "1x3", "2 numbers"),
            new("mirror-kernel", t => t.MirrorKernel(V(t, 2, 8), ConvShape.Same(1, 2, 2, 4, 3)), "2x8", "2x9"),
            new("conv2d-weight-gradient", t => Conv2dWeightGradientOp<T>.Record(t, V(t, 2, 8), V(t, 2, 15), ConvShape.Same(1, 2, 2, 4, 3)), "2x15", "16 columns"),
            new("conv-matrix", t => t.ConvMatrix(V(t, 2, 8), ConvShape.Same(1, 2, 2, 4, 3)), "2x8", "2x9"),
            new("circular-conv-log-abs-det", t => t.CircularConvLogAbsDet(V(t, 2, 18), ConvShape.Same(2, 2, 3, 4, 3)), "circular", "as many channels out"),
            new("circular-conv-log-abs-det", t => t.CircularConvLogAbsDet(V(t, 2, 9), ConvShape.Same(2, 2, 3, 4, 3, circular: true)), "2x9", "2x18"),
            new("circular-conv-solve", t => t.CircularConvSolve(V(t, 2, 9), V(t, 3, 12), ConvShape.Same(1, 2, 3, 4, 3, circular: true)), "1->2", "as many channels out"),
            new("circular-conv-solve", t => t.CircularConvSolve(V(t, 2, 18), V(t, 3, 12), ConvShape.Same(2, 2, 3, 4, 3, circular: true)), "3x12", "24 columns"),
            new("conv-log-abs-det", t => t.ConvLogAbsDet(V(t, 2, 9), ConvShape.Same(2, 2, 2, 4, 3)), "2x9", "2x18"),
            new("conv-log-abs-det", t => t.ConvLogAbsDet(V(t, 2, 9), ConvShape.Same(1, 2, 2, 4, 3)), "1->2 channels", "equal channels"),
            new("conv-log-abs-det", t => t.ConvLogAbsDet(V(t, 1, 9), ConvShape.Same(1, 1, 2, 4, 3, circular: true)), "circular"),
            new("conv-log-abs-det-probes", t => t.ConvLogAbsDetProbes(V(t, 2, 9), ConvShape.Same(2, 2, 2, 4, 3), 1, 0, 0), "2x9", "2x18"),
            new("conv-log-abs-det-probes", t => t.ConvLogAbsDetProbes(V(t, 1, 9), ConvShape.Same(1, 1, 2, 4, 3), 0, 0, 0), "0 probes"),
            new("conv-solve", t => t.ConvSolve(V(t, 2, 9), V(t, 3, 16), ConvShape.Same(2, 2, 2, 4, 3)), "2x9", "2x18"),
            new("conv-solve", t => t.ConvSolve(V(t, 2, 18), V(t, 3, 15), ConvShape.Same(2, 2, 2, 4, 3)), "3x15", "16 columns"),
            new("circular-conv-log-abs-det", t => t.CircularConvLogAbsDet(V(t, 2, 18), ConvShape.Same(2, 2, 3, 4, 3)), "circular", "as many channels out"),
            new("circular-conv-log-abs-det", t => t.CircularConvLogAbsDet(V(t, 2, 9), ConvShape.Same(2, 2, 3, 4, 3, circular: true)), "2x9", "2x18"),
            new("circular-conv-solve", t => t.CircularConvSolve(V(t, 2, 9), V(t, 3, 12), ConvShape.Same(1, 2, 3, 4, 3, circular: true)), "1->2", "as many channels out"),
            new("circular-conv-solve", t => t.CircularConvSolve(V(t, 2, 18), V(t, 3, 12), ConvShape.Same(2, 2, 3, 4, 3, circular: true)), "3x12", "24 columns"),
            new("conv-substitution", t => t.ConvSubstitution(V(t, 2, 8), V(t, 2, 8), ConvShape.Same(1, 1, 2, 4, 3)), "anchor (1, 1)", "last row"),
            new("conv-substitution", t => t.ConvSubstitution(V(t, 2, 7), V(t, 1, 4), new ConvShape(1, 1, 2, 4, 2, 2, 1, 1)), "2x7", "8 columns"),
            new("conv-substitution", t => t.ConvSubstitution(V(t, 2, 8), V(t, 1, 5), new ConvShape(1, 1, 2, 4, 2, 2, 1, 1)), "1x5", "1x4"),
            new("circulant", t => t.Circulant(V(t, 2, 3)), "2x3", "one row"),
            new("fourier", t => t.FourierInverse(V(t, 2, 3)), "2x3", "imaginary"),
            new("ridge-root", t => t.RidgeRoot(RidgeFunction.Tanh, V(t, 2, 3), V(t, 2, 3), V(t, 1, 3), V(t, 2, 3)), "2x3", "1x3"),
            new("radial-map", t => t.RadialMap(V(t, 2, 3), V(t, 1, 3), RadialFunction.Sinh), "1x3", "1x1"),
            new("hyperbolic-translate", t => t.HyperbolicTranslate(V(t, 2, 3), V(t, 3, 3), V(t, 1, 1)), "2x3", "3x3"),
            new("hyperbolic-translate", t => t.HyperbolicTranslate(V(t, 2, 3), V(t, 2, 3), V(t, 2, 1)), "2x3", "2x1"),
            new("hyperbolic-distance", t => t.HyperbolicDistance(V(t, 2, 3), V(t, 1, 3), V(t, 1, 1)), "2x3", "1x3"),
            new("triangle", t => t.Triangle(V(t, 2, 3), true), "2x3", "square"),
            new("unpack-triangle", t => t.UnpackTriangle(V(t, 1, 4), V(t, 1, 3), 3, true), "1x4", "1x3", "3 and 3"),
            new("unpack-triangle", t => t.UnpackTriangle(Var.None, V(t, 1, 2), 3, true), "1x2"),
            new("matrix-exponential", t => t.MatrixExponential(V(t, 2, 3)), "2x3", "square"),
            new("solve-rows", t => t.SolveRows(V(t, 2, 3), V(t, 4, 3)), "2x3", "4x3"),
            new("solve-rows", t => t.SolveRows(V(t, 3, 3), V(t, 4, 2)), "3x3", "4x2"),
            new("riemannian-normalizer", t => t.RiemannianNormalizer(V(t, 1, 1), 0), "dimension is 0", "at least 1"),
            new("self-normalizing-conv", t => SelfNormalizing(t, V(t, 2, 7), 9), "2x7", "8 columns"),
            new("self-normalizing-conv", t => SelfNormalizing(t, V(t, 2, 8), 10), "1x10", "1x9"),
            new("self-normalizing-linear", t => SelfNormalizingLinearOp<T>.Record(t, V(t, 2, 3), V(t, 4, 4), V(t, 3, 3), Var.None, SelfNormalizingForm.Published, 1), "2x3", "4x4"),
            new("cached-inverse-linear", t => CachedInverseLinearOp<T>.Record(t, V(t, 2, 3), V(t, 4, 4), V(t, 3, 3), Var.None), "2x3", "4x4"),
            new("logit-flow", t => LogitFlowOp<T>.Record(t, V(t, 2, 3), new LogitSettings(2, 1)), "low is 2", "high is 1"),
            new("actnorm", t => ActNormOp<T>.Record(t, V(t, 2, 6), V(t, 1, 4), V(t, 1, 4), AffineForm.ScaleFirst, 2), "2x6", "1x4", "1x3"),
            new("rational-quadratic-spline", t => RationalQuadraticSplineOp<T>.Record(t, V(t, 4, 3), V(t, 2, 24), new SplineSettings(3, 1)), "4x3", "2x24", "1x24"),
            new("rational-quadratic-spline", t => RationalQuadraticSplineOp<T>.Record(t, V(t, 4, 3), V(t, 4, 23), new SplineSettings(3, 1)), "4x23", "4x24"),
            new("relative-gradient-linear", t => RelativeGradientLinearOp<T>.Record(t, V(t, 2, 3), V(t, 4, 4), Var.None), "2x3", "4x4"),
        ];
    }

    /// <summary>Ops that accept any shape.</summary>
    public static bool TakesAnyShape<T>(Op<T> op) where T : unmanaged, IFloatingPointIeee754<T>
        => op.Name is "straight-through-round" or "log-gamma-ratio" or "scale" or "add-constant" or "sum" or "transpose" or "running-sum" or "log-normal-cdf" or "row-log-sum-exp"
            or "row-softmax" or "standard-normal-log-prob" or "row-norm"
            or "elementwise-flow" or "elementwise-inverse"
            || UnaryOps<T>.All.Contains(op);
}
