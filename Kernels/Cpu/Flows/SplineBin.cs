using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// One bin of a monotone rational-quadratic spline, naively: the meaning. Corner (x0, y0), width w, height h, slopes d0, d1 at the ends.
/// </summary>
/// <remarks>
/// s = h/w, t = (x - x0)/w, q = t(1 - t), n = s t^2 + d0 q, m = s + (d0 + d1 - 2s) q, a = d1 t^2 + 2 s q + d0 (1 - t)^2:
/// z = y0 + h n/m, dz/dx = s^2 a/m^2. Source: Durkan et al. 2019, Neural Spline Flows, eq. 4-8.
/// </remarks>
internal readonly struct SplineBin<T>(T x0, T w, T y0, T h, T d0, T d1)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly T Two = T.One + T.One;

    /// <summary>z and log dz/dx.</summary>
    public void Forward(T x, out T z, out T logD)
    {
        Parts(x, out T s, out _, out _, out T n, out T m, out T a);
        z = y0 + (h * n / m);
        logD = (Two * T.Log(s)) + T.Log(a) - (Two * T.Log(m));
    }

    /// <summary>dz/dx.</summary>
    public T Slope(T x)
    {
        Parts(x, out T s, out _, out _, out _, out T m, out T a);
        return s * s * a / (m * m);
    }

    /// <summary>x with z(x) = z: the root of a quadratic in t, in the form that does not cancel (eq. 29 and appendix A.2).</summary>
    public T Inverse(T z)
    {
        T s = h / w, e = d0 + d1 - (Two * s), v = z - y0;
        T a = (h * (s - d0)) + (v * e);
        T b = (h * d0) - (v * e);
        T c = -s * v;
        T discriminant = T.Max(T.Zero, (b * b) - (Two * Two * a * c));
        return x0 + (w * (Two * c / (-b - T.Sqrt(discriminant))));
    }

    /// <summary>Gradients of zBar z + lBar log(dz/dx) with respect to x and to the bin's two knots (x, y and slope, left and right).</summary>
    public SplineGradient<T> Backward(T x, T zBar, T lBar)
    {
        Parts(x, out T s, out T t, out T q, out T n, out T m, out T a);
        T r = T.One - t;
        T aBar = lBar / a;
        T mBar = (-Two * lBar / m) - (zBar * h * n / (m * m));
        T nBar = zBar * h / m;
        T sBar = (Two * lBar / s) + (nBar * t * t) + (mBar * (T.One - (Two * q))) + (aBar * Two * q);
        T qBar = (nBar * d0) + (mBar * (d0 + d1 - (Two * s))) + (aBar * Two * s);
        T tBar = (nBar * Two * s * t) + (aBar * Two * ((d1 * t) - (d0 * r))) + (qBar * (r - t));
        T hBar = (zBar * n / m) + (sBar / w);
        T wBar = -((sBar * s) + (tBar * t)) / w;
        T xBar = tBar / w;
        return new SplineGradient<T>(
            xBar, -xBar - wBar, wBar, zBar - hBar, hBar, (nBar * q) + (mBar * q) + (aBar * r * r), (mBar * q) + (aBar * t * t));
    }

    private void Parts(T x, out T s, out T t, out T q, out T n, out T m, out T a)
    {
        s = h / w;
        t = (x - x0) / w;
        q = t * (T.One - t);
        n = (s * t * t) + (d0 * q);
        m = s + ((d0 + d1 - (Two * s)) * q);
        a = (d1 * t * t) + (Two * s * q) + (d0 * (T.One - t) * (T.One - t));
    }
}

/// <summary>Gradients of one bin: with respect to x, and to x, y and slope of its left and right knot.</summary>
internal readonly record struct SplineGradient<T>(T X, T LeftX, T RightX, T LeftY, T RightY, T LeftSlope, T RightSlope)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The product with a tangent of the same quantities.</summary>
    public T Dot(T x, T leftX, T rightX, T leftY, T rightY, T leftSlope, T rightSlope) =>
        (X * x) + (LeftX * leftX) + (RightX * rightX) + (LeftY * leftY) + (RightY * rightY) + (LeftSlope * leftSlope) + (RightSlope * rightSlope);
}
