namespace NativeFlow.Cli.Compare;

/// <summary>One curve from those of several seeds: the mean, with a standard deviation to either side, over the stretch that all of them cover.</summary>
internal static class MeanCurve
{
    private const int MostPoints = 200;

    /// <summary>The line of an arm's finished runs; null where none has a point.</summary>
    public static PlotLine? Of(CompareArm arm, Func<ComparePoint, double> x, Func<ComparePoint, double> y)
    {
        (double X, double Y)[][] curves = [.. arm.Finished.Select(r => Points(r, x, y)).Where(p => p.Length > 0)];
        if (curves.Length == 0) return null;
        string name = ReportNumber.WithoutFolders(arm.Strategy);
        if (curves.Length == 1) return new PlotLine(name, arm.Style, curves[0]);
        double low = curves.Max(c => c[0].X), high = curves.Min(c => c[^1].X);
        // No stretch in common: nothing to average.
        if (low > high) return null;
        double[] places = [.. curves.SelectMany(c => c).Select(p => p.X).Where(v => v >= low && v <= high).Distinct().Order()];
        if (places.Length > MostPoints) places = [.. Enumerable.Range(0, MostPoints).Select(i => low + (high - low) * i / (MostPoints - 1))];
        var points = new (double, double)[places.Length];
        var band = new (double, double)[places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            SeedSpread spread = SeedSpread.Of(curves.Select(c => (double?)At(c, places[i])));
            points[i] = (places[i], spread.Mean);
            band[i] = (spread.Mean - spread.Deviation, spread.Mean + spread.Deviation);
        }

        return new PlotLine(name, arm.Style, points) { Band = band };
    }

    /// <summary>The lines of the runs that broke off.</summary>
    public static IEnumerable<PlotLine> Broken(CompareArm arm, Func<ComparePoint, double> x, Func<ComparePoint, double> y) =>
        arm.Runs.Where(r => !CompareArm.HasFinished(r)).Select(r => Points(r, x, y)).Where(p => p.Length > 0).Select(p => new PlotLine("", arm.Style, p) { IsBroken = true });

    private static (double X, double Y)[] Points(CompareRecord run, Func<ComparePoint, double> x, Func<ComparePoint, double> y) =>
        [.. run.Curve.Select(p => (X: x(p), Y: y(p))).Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).OrderBy(p => p.X)];

    // Straight between neighbours; x lies within the curve.
    private static double At((double X, double Y)[] curve, double x)
    {
        int i = 0;
        while (i < curve.Length - 1 && curve[i + 1].X < x) i++;
        if (i == curve.Length - 1 || curve[i].X >= x) return curve[i].Y;
        double share = (x - curve[i].X) / (curve[i + 1].X - curve[i].X);
        return curve[i].Y + share * (curve[i + 1].Y - curve[i].Y);
    }
}
