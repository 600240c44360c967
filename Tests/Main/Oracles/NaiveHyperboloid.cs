namespace NativeFlow.Tests;

/// <summary>
/// The hyperboloid of radius 1 as implementations in ambient coordinates have it, in single precision: acosh for distances, Lorentz norms of tangent vectors, floors under square roots and a
/// clamp of every coordinate after every exponential. It shows what tangent coordinates avoid; nothing else uses it.
/// </summary>
public static class NaiveHyperboloid
{
    private const float Floor = 1e-9f, Most = 40;

    /// <summary>Point [n + 1], time first, of tangent coordinates [n].</summary>
    public static float[] ExpOrigin(ReadOnlySpan<float> v)
    {
        float r = MathF.Sqrt(Math.Max(Dot(v, v), Floor)), factor = MathF.Sinh(r) / r;
        var x = new float[v.Length + 1];
        x[0] = MathF.Cosh(r);
        for (int j = 0; j < v.Length; j++) x[j + 1] = factor * v[j];
        return Clamped(x);
    }

    /// <summary>Tangent coordinates [n] of a point [n + 1].</summary>
    public static float[] LogOrigin(ReadOnlySpan<float> x)
    {
        float factor = Ratio(x[0]);
        var v = new float[x.Length - 1];
        for (int j = 0; j < v.Length; j++) v[j] = factor * x[j + 1];
        return v;
    }

    /// <summary>The point t [m + 1] of spatial coordinates [m].</summary>
    public static float[] Point(ReadOnlySpan<float> t) => [MathF.Sqrt(1 + Dot(t, t)), .. t];

    /// <summary>log_o(exp_t(v transported from the origin to t)).</summary>
    public static float[] Translate(float[] v, float[] t)
    {
        float[] at = Point(t), u = Transported([0, .. v], from: Point(new float[t.Length]), to: at);
        float r = MathF.Sqrt(Math.Max(Lorentz(u, u), Floor)), cosh = MathF.Cosh(r), factor = MathF.Sinh(r) / r;
        var y = new float[u.Length];
        for (int j = 0; j < y.Length; j++) y[j] = (cosh * at[j]) + (factor * u[j]);
        return LogOrigin(Clamped(y));
    }

    /// <summary>What <see cref="Translate"/> takes to w.</summary>
    public static float[] TranslateBack(float[] w, float[] t)
    {
        float[] at = Point(t), y = ExpOrigin(w);
        float a = -Lorentz(at, y), factor = Ratio(a);
        var u = new float[y.Length];
        for (int j = 0; j < u.Length; j++) u[j] = factor * (y[j] - (a * at[j]));
        return Transported(u, from: at, to: Point(new float[t.Length]))[1..];
    }

    // acosh(a) / sqrt(a^2 - 1).
    private static float Ratio(float a)
    {
        a = Math.Max(a, 1 + 1e-8f);
        return MathF.Acosh(a) / MathF.Sqrt(Math.Max((a * a) - 1, Floor));
    }

    private static float[] Transported(float[] v, float[] from, float[] to)
    {
        float factor = Lorentz(to, v) / (1 - Lorentz(from, to));
        var u = new float[v.Length];
        for (int j = 0; j < u.Length; j++) u[j] = v[j] + (factor * (from[j] + to[j]));
        return u;
    }

    private static float[] Clamped(float[] x) => Array.ConvertAll(x, static v => Math.Clamp(v, -Most, Most));

    private static float Lorentz(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Dot(a[1..], b[1..]) - (a[0] * b[0]);

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int j = 0; j < a.Length; j++) sum += a[j] * b[j];
        return sum;
    }
}
