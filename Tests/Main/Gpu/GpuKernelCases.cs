using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>Calls of every kernel of the basic families, over odd shapes.</summary>
internal static class GpuKernelCases
{
    private static readonly int[] Lengths = [0, 1, 31, 32, 33, 257];

    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (1, 67), (3, 5), (33, 2), (40, 31), (5, 100), (300, 3)];

    public static List<GpuKernelCase> All()
    {
        var random = new Random(8);
        var cases = new List<GpuKernelCase>();
        double[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => (2 * random.NextDouble()) - 1)];
        double[] Positive(int n) => [.. Enumerable.Range(0, n).Select(_ => 0.5 + random.NextDouble())];
        double[] Indices(int n, int limit) => [.. Enumerable.Range(0, n).Select(_ => (double)random.Next(limit))];
        void Add(string kernel, double[]?[] slices, int[] sizes, double[]? reals = null, int terms = 1) => cases.Add(new(kernel, slices, sizes, reals ?? [], terms));

        foreach (int n in Lengths)
        {
            Add("add-constant", [Draw(n), Draw(n)], [], [0.7]);
            Add("reconstruction-residual", [Draw(n), Draw(n), Draw(3)], [], [1.0 / 7, 0.3], n);
            Add("norm2", [Draw(n), Draw(1)], []);
            Add("straight-through-round", [[.. Draw(n).Select(v => 4 * v)], Draw(n)], [0]);
            Add("straight-through-round", [[.. Draw(n).Select(v => 4 * v)], Draw(n)], [1]);
            Add("free-form-choose", [Draw(n), Draw(n), Draw(n)], []);
            if (n == 0) continue;
            double[] values = Draw(n);
            Add("first-infinite", [values, Draw(1)], []);
            Add("first-infinite", [[.. values[..(n - 1)], double.NegativeInfinity], Draw(1)], []);
        }
        Add("straight-through-round", [[-0.2, 0.2, -2.5, 2.5, 3.5, 1e9, double.NaN, double.PositiveInfinity, -0.0], Draw(9)], [1]);
        Add("straight-through-round", [[-0.2, 0.2, -2.5, 2.5, 3.5, 1e9, double.NaN, double.PositiveInfinity, -0.0], Draw(9)], [0]);
        Add("first-infinite", [[1, double.NaN, double.PositiveInfinity, double.NegativeInfinity], Draw(1)], []);

        // Parts of a sum: more than one group, and more parts than a row that is not cut.
        foreach (int n in (ReadOnlySpan<int>)[4096, 4097, 9000, 300_000])
        {
            Add("sum", [Draw(n), Draw(1)], [], [0.5], n);
            if (n > 10_000) continue;
            Add("reconstruction-residual", [Draw(n), Draw(n), Draw(3)], [], [1.0 / n, 0.3], 64);
            Add("norm2", [Draw(n), Draw(1)], []);
            Add("max-abs", [Draw(n), Draw(1)], []);
            Add("dot", [Draw(n), Draw(n), Draw(1)], [], [2], n);
            Add("standard-normal-log-prob", [Draw(2 * n), Draw(2)], [n], null, n);
        }
        Add("column-sum", [Draw(2100 * 3), Draw(3)], [2100, 3], [-0.5], 2100);
        Add("column-sum", [Draw(10_000), Draw(1)], [10_000, 1], [1], 10_000);
        Add("transpose", [Draw(40 * 50), Draw(60 * 50)], [33, 45, 50, 50], [1.5]);
        Add("transpose", [Draw(40 * 50), Draw(60 * 50)], [40, 5, 50, 50], [1]);

        foreach ((int rows, int cols) in Shapes)
        {
            int n = rows * cols;
            for (int spread = 0; spread < 4; spread++)
            {
                int m = spread switch { 0 => n, 1 => cols, 2 => rows, _ => 1 };
                Add("add", [Draw(n), Draw(m), Draw(n)], [rows, cols, spread], [-0.5]);
                Add("multiply", [Draw(n), Draw(m), Draw(n)], [rows, cols, spread]);
                Add("add-multiply", [Draw(n), Draw(m), Draw(n)], [rows, cols, spread]);
                Add("divide", [Draw(n), Positive(m), Draw(n)], [rows, cols, spread]);
                Add("add-spread", [Draw(m), Draw(n)], [rows, cols, spread], [1.5]);
                Add("reduce-product", [Draw(n), Draw(n), Draw(m)], [rows, cols, spread], [0.75], n);
            }
            Add("copy-block", [Draw(rows * (cols + 4)), Draw(rows * (cols + 3))], [rows, cols, cols + 4, 3, cols + 3, 1]);
            Add("add-block", [Draw(rows * (cols + 4)), Draw(rows * (cols + 3))], [rows, cols, cols + 4, 3, cols + 3, 1]);
            Add("standard-normal-log-prob", [Draw(n), Draw(rows)], [cols], null, cols);
            Add("standard-normal-log-prob-jvp", [Draw(n), Draw(n), Draw(rows)], [cols], null, cols);
            Add("standard-normal-log-prob-backward", [Draw(n), Draw(rows), Draw(n)], [cols, 0]);
            Add("standard-normal-log-prob-backward", [Draw(n), Draw(rows), Draw(n)], [cols, 1]);
            Add("row-softmax", [Draw(n), Draw(n)], [rows, cols], null, cols);
            Add("row-softmax-jacobian", [Draw(n), Draw(n), Draw(n)], [rows, cols], null, cols);
            Add("row-log-sum-exp", [Draw(n), Draw(rows)], [rows, cols], null, cols);
            Add("row-log-sum-exp-backward", [Draw(n), Draw(rows), Draw(rows), Draw(n)], [rows, cols]);
            Add("row-log-sum-exp-jvp", [Draw(n), Draw(rows), Draw(n), Draw(rows)], [rows, cols], null, cols);
            double[] large = [.. Draw(n).Select(v => 1e30 * v)], norms = Positive(rows);
            if (rows > 2) large.AsSpan(cols, cols).Clear();
            norms[0] = 0;
            Add("row-norm", [Draw(n), Draw(rows)], [cols], null, cols);
            Add("row-norm", [large, Draw(rows)], [cols], null, cols);
            Add("row-norm", [[.. large[..(n - 1)], double.PositiveInfinity], Draw(rows)], [cols], null, cols);
            Add("row-norm", [[.. large[..(n - 1)], double.NaN], Draw(rows)], [cols], null, cols);
            Add("row-norm-backward", [Draw(n), norms, Draw(rows), Draw(n)], [cols]);
            Add("row-norm-jvp", [Draw(n), norms, Draw(n), Draw(rows)], [cols], null, cols);
            Add("running-sum", [Draw(n), Draw(n)], [cols]);
            Add("running-sum-backward", [Draw(n), Draw(n)], [cols], null, cols);
            Add("gather-columns", [Draw(n), Indices(7, cols), Draw(7 * rows)], [rows, cols, 7, 0]);
            Add("gather-columns", [Draw(n), Indices(7, cols), Draw(7 * rows)], [rows, cols, 7, 1]);
            Add("scatter-columns", [Draw(n), Indices(cols, 9), Draw(9 * rows)], [rows, cols, 9], null, cols);
            Add("gather-rows", [Draw(n), Indices(7, rows), Draw(7 * cols)], [cols, rows, 7]);
            Add("scatter-rows", [Draw(n), Indices(rows, 9), Draw(9 * cols)], [cols, rows, 9], null, rows);
            double[] worst = Draw(n), truth = Draw(n);
            Add("rebuild-error", [worst, truth, Draw(2)], [cols], null, 4);
            Add("rebuild-error", [[.. worst[..(n - 1)], double.NaN], truth, Draw(2)], [cols], null, 4);
            foreach (int closed in (ReadOnlySpan<int>)[0, 1])
            {
                Add("outside-interval", [Draw(n), Draw(2)], [cols, closed], [-2, 2]);
                Add("outside-interval", [Draw(n), Draw(2)], [cols, closed], [-0.95, 0.97]);
                Add("outside-interval", [[.. worst[..(n - 1)], double.NaN], Draw(2)], [cols, closed], [-2, 2]);
                Add("outside-interval", [[.. worst[..(n - 1)], 2], Draw(2)], [cols, closed], [-2, 2]);
            }
        }
        Add("row-log-sum-exp", [[double.NegativeInfinity, double.NegativeInfinity, 1, double.PositiveInfinity, double.NaN, 3], Draw(3)], [3, 2]);
        Add("row-softmax", [[double.NegativeInfinity, 0, 1, double.NaN], Draw(4)], [2, 2]);
        foreach (int rows in (ReadOnlySpan<int>)[1, 3, 30])
        {
            // As many rows of the table as elements, or fewer, which then take turns.
            Add("pick-columns", [Draw(rows * 5), Indices(60, 4), Draw(60)], [5, 1]);
            Add("pick-columns-backward", [Draw(60), Indices(60, 4), Draw(rows * 5)], [5, 1], null, 60);
            Add("bins", [Draw(60), [.. Enumerable.Range(0, rows).SelectMany(_ => Draw(9).Order())], Draw(60)], [9]);
        }
        foreach ((int channels, int pixels, int rows) in (ReadOnlySpan<(int, int, int)>)[(1, 1, 1), (5, 1, 37), (3, 4, 33), (2, 70, 300)])
            for (int form = 0; form < 4; form++)
            {
                int d = channels * pixels, n = rows * d;
                double[] s = Positive(channels), factor = [.. Positive(channels).SelectMany(v => Enumerable.Repeat(v, pixels))];
                Add("actnorm-expand", [s, Draw(channels), Draw(d), Draw(d), Draw(1)], [pixels, form], null, channels);
                Add("actnorm-map", [Draw(n), factor, Draw(d), Draw(n)], []);
                Add("actnorm-input-gradient", [Draw(n), factor, Draw(n)], []);
                Add("actnorm-sums", [Draw(n), Draw(n), Draw(d), Draw(d)], [], null, rows);
                Add("actnorm-fold", [Draw(d), Draw(d), factor, s, Draw(1), Draw(channels), Draw(channels)], [pixels, form], null, 4 * pixels);
                Add("actnorm-fold", [Draw(d), Draw(d), factor, s, Draw(1), null, Draw(channels)], [pixels, form], null, 4 * pixels);
                Add("actnorm-fold", [Draw(d), Draw(d), factor, s, Draw(1), Draw(channels), null], [pixels, form], null, 4 * pixels);
                for (int given = 0; given < 8; given++)
                    Add("actnorm-jvp", [
                        Draw(n), Draw(n), s, factor, (given & 1) != 0 ? Draw(n) : null, (given & 2) != 0 ? Draw(channels) : null,
                        (given & 4) != 0 ? Draw(channels) : null, Draw(n), Draw(1)], [pixels, form], null, channels * pixels);
            }
        foreach (int order in (ReadOnlySpan<int>)[1, 2, 7, 33])
        {
            int n = order * order, packed = order * (order - 1) / 2;
            for (int lower = 0; lower < 2; lower++)
                for (int given = 0; given < 4; given++)
                {
                    double[]? entries = (given & 1) != 0 ? Draw(packed) : null, diagonal = (given & 2) != 0 ? Draw(order) : null;
                    Add("unpack-triangle", [entries, diagonal, Draw(n)], [order, lower]);
                    Add("unpack-triangle-backward", [Draw(n), entries, diagonal], [order, lower]);
                }
            for (int flags = 0; flags < 4; flags++) Add("triangle", [Draw(n), Draw(n)], [order, flags], [flags / 2.0]);
            for (int flags = 0; flags < 4; flags++) Add("add-triangle", [Draw(n), Draw(n)], [order, flags], [-0.5]);
            Add("cholesky-symmetrize", [Draw(n), Draw(n)], [order]);
            Add("cholesky-lower-half", [Draw(n)], [order]);
            Add("circular-log-abs-det-jvp", [Draw(n), Draw(n), Draw(1)], [], null, n);
            Add("circulant", [Draw(order), Draw(n)], []);
            Add("circulant-backward", [Draw(n), Draw(order)], [], null, order);
        }
        Add("mirror-kernel", [Draw(2 * 3 * 9), Draw(2 * 3 * 9)], [2, 3, 9], [0.5]);
        foreach (ConvShape shape in (ReadOnlySpan<ConvShape>)[new(3, 3, 5, 4, 3, 3, 1, 1, false), new(2, 2, 5, 4, 3, 3, 1, 1, true), new(2, 2, 2, 2, 3, 5, 1, 2, true)])
        {
            (int a, int b, int c) = shape.Pack();
            Add("add-mirrored-tap-counts", [Draw(shape.WeightLength), Draw(shape.WeightLength)], [a, b, c], [0.5], 60);
        }
        Add("add-channel-bias", [Draw(3 * 5 * 7), Draw(5), Draw(3 * 5 * 7)], [3, 5, 7]);
        foreach ((int rows, int cols, int bins) in (ReadOnlySpan<(int, int, int)>)[(1, 1, 1), (1, 5, 2), (7, 3, 8), (40, 2, 5), (300, 3, 4)])
            foreach (bool isShared in (ReadOnlySpan<bool>)[true, false])
                foreach (string inverse in (ReadOnlySpan<string>)["", "-inverse"])
                {
                    // An error of a knot counts by the inverse square of a bin's width, some hundred, in the derivative of a slope; the naive sums differ that much too.
                    const int Condition = 400;
                    int n = rows * cols, splines = isShared ? cols : n, length = splines * ((3 * bins) - 1);
                    // Settings: bound, least width, height and slope, sharpness, factor.
                    double[] input = [.. Draw(n).Select(v => 3 * v)], settings = [2, 0.01, 0.02, 0.1, 1.5, 0.8], raw = Draw(length);
                    Add($"rational-quadratic-spline{inverse}", [input, raw, settings, Draw(n), Draw(rows)], [bins], null, Condition);
                    foreach (int given in (ReadOnlySpan<int>)[1, 2, 3])
                        Add(
                            $"rational-quadratic-spline{inverse}-backward",
                            [input, Output(input, raw, settings, rows, bins, inverse), raw, settings, Draw(n), Draw(rows), (given & 1) != 0 ? Draw(n) : null, (given & 2) != 0 ? Draw(length) : null],
                            [bins],
                            null,
                            Condition + (isShared ? 10 * rows : 0));
                }
        return cases;
    }

    // What the map gave forward: the reference's backward reads it.
    private static double[] Output(double[] input, double[] raw, double[] settings, int rows, int bins, string inverse)
    {
        double[] output = new double[input.Length], logDet = new double[rows];
        if (inverse.Length == 0) RationalQuadratic.Forward<double>(input, raw, settings, output, logDet, bins);
        else RationalQuadratic.Inverse<double>(input, raw, settings, output, logDet, bins);
        return output;
    }
}
