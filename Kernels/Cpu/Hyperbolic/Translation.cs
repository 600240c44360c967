namespace NativeFlow.Kernels;

/// <summary>
/// One row of the hyperbolic translation w = T_t(v) = log_o(B_t exp_o(v)), radius 1, with its derivatives: B_t is the boost that takes the
/// origin to t. v, t and w are n numbers each, v and w tangent coordinates at the origin, t spatial coordinates. All in double.
/// </summary>
/// <remarks>
/// Everything happens in the plane of e = t/|t| and p, the direction of v across e; what lies across the plane is only scaled. In light-cone
/// coordinates a boost is a scaling, so that nothing cancels and, with the factor exp(r + tau) kept as a logarithm, nothing overflows.
/// Below rapidity 1/2 the coordinates along e are boosted plainly: the light cone would lose small v and t to the ones in it.
/// The derivative is that of an isometry between the stretches of exp and log: orthogonal in the directions along and across v and w, up to
/// sinh(r)/r on the one side and rho/sinh(rho) on the other. Its angle comes from the hyperbolic triangle (-t, o, v), in forms without
/// cancellation; near rho = 0, where directions mean nothing, from the angle that a vector turns by when carried round the triangle.
/// </remarks>
internal ref struct Translation
{
    // Unit directions along and across t.
    private readonly Span<double> _e;
    private readonly Span<double> _p;

    // Rapidity of t, length of v and of w; w = rho (cos e + sin p), v = r (cosV e + sinV p).
    private double _tau;
    private double _r;
    private double _rho;
    private double _cosW;
    private double _sinW;
    private double _cosV;
    private double _sinV;
    private double _timeOfT;
    private bool _back;

    // The angle between the image of v's direction and w's, and its sine times sinh(r)/r; when flat, the angle of one turn round the triangle.
    private bool _flat;
    private double _cos;
    private double _sin;
    private double _sinStretched;

    /// <summary>Takes two rows of memory.</summary>
    public Translation(Span<double> e, Span<double> p)
    {
        _e = e;
        _p = p;
    }

    /// <summary>The length of w.</summary>
    public readonly double Radius => _rho;

    /// <summary>Computes the plane, the angles and w, which it writes.</summary>
    public void Solve(ReadOnlySpan<double> v, ReadOnlySpan<double> t, bool back, Span<double> w)
    {
        double length = RowVectors.Length(t);
        _back = back;
        _tau = RadialFunctions.Asinh(length);
        _timeOfT = RowVectors.Hypotenuse(1, length);
        _r = RowVectors.Length(v);
        if (length == 0) RowVectors.Unit(v, _r, _e);
        else RowVectors.Unit(t, back ? -length : length, _e);
        double along = RowVectors.Split(v, _e, _p), across = RowVectors.Length(_p);
        RowVectors.Unit(_p, across, _p);
        (_cosV, _sinV) = _r > 0 ? (along / _r, across / _r) : (1, 0);
        if (!(double.IsFinite(_r) && double.IsFinite(_tau)))
        {
            w.Fill(double.NaN);
            _rho = double.NaN;
            return;
        }
        Boost(along, across);
        if (length == 0)
        {
            v.CopyTo(w);
            (_rho, _cosW, _sinW) = (_r, _cosV, _sinV);
        }
        else
        {
            for (int i = 0; i < w.Length; i++) w[i] = _rho * ((_cosW * _e[i]) + (_sinW * _p[i]));
        }
        Turn();
    }

    /// <summary>dv and dt, given the gradient g at w; both are overwritten.</summary>
    public readonly void Pull(ReadOnlySpan<double> g, Span<double> dv, Span<double> dt)
    {
        double ge = RowVectors.Dot(g, _e), gp = RowVectors.Dot(g, _p), along = (_cosW * ge) + (_sinW * gp), across = (_cosW * gp) - (_sinW * ge);
        double stretch = Stretch(_r), shrink = Shrink(_rho), both = Both(), radial, turned;
        if (_flat)
        {
            double back = shrink * across, flatE = (_cosW * along) - (_sinW * back), flatP = (_sinW * along) + (_cosW * back);
            double e = (_cos * flatE) - (_sin * flatP), p = (_sin * flatE) + (_cos * flatP);
            (radial, turned) = ((_cosV * e) + (_sinV * p), stretch * ((_cosV * p) - (_sinV * e)));
        }
        else
        {
            (radial, turned) = ((_cos * along) + (_sin * shrink * across), (both * _cos * across) - (_sinStretched * along));
        }
        (double onE, double onP) = ((_cosV * radial) - (_sinV * turned), (_sinV * radial) + (_cosV * turned));
        for (int i = 0; i < g.Length; i++) dv[i] = (onE * _e[i]) + (onP * _p[i]) + (both * Off(g[i], ge, gp, i));

        (double q, double inPlane, double offPlane) = Coefficients();
        (onE, onP) = (((_cosW * along) - (q * _sinW * across)) / _timeOfT, (_sinW * along) + (inPlane * across));
        for (int i = 0; i < g.Length; i++)
        {
            double d = (onE * _e[i]) + (onP * _p[i]) + (offPlane * Off(g[i], ge, gp, i));
            dt[i] = _back ? -d : d;
        }
    }

    /// <summary>The change of w for changes of v and t.</summary>
    public readonly void Push(ReadOnlySpan<double> changeOfV, ReadOnlySpan<double> changeOfT, Span<double> tw)
    {
        double sign = _back ? -1 : 1, ve = RowVectors.Dot(changeOfV, _e), vp = RowVectors.Dot(changeOfV, _p);
        double te = sign * RowVectors.Dot(changeOfT, _e), tp = sign * RowVectors.Dot(changeOfT, _p);
        double radial = (_cosV * ve) + (_sinV * vp), across = (_cosV * vp) - (_sinV * ve);
        double stretch = Stretch(_r), shrink = Shrink(_rho), both = Both(), along, turned;
        if (_flat)
        {
            double flatE = (_cosV * radial) - (_sinV * stretch * across), flatP = (_sinV * radial) + (_cosV * stretch * across);
            double e = (_cos * flatE) + (_sin * flatP), p = (_cos * flatP) - (_sin * flatE);
            (along, turned) = ((_cosW * e) + (_sinW * p), shrink * ((_cosW * p) - (_sinW * e)));
        }
        else
        {
            (along, turned) = ((_cos * radial) - (_sinStretched * across), (_sin * shrink * radial) + (both * _cos * across));
        }
        (double q, double inPlane, double offPlane) = Coefficients();
        along += (_cosW * te / _timeOfT) + (_sinW * tp);
        turned += (inPlane * tp) - (q * _sinW * te / _timeOfT);
        (double onE, double onP) = ((_cosW * along) - (_sinW * turned), (_sinW * along) + (_cosW * turned));
        for (int i = 0; i < tw.Length; i++)
            tw[i] = (onE * _e[i]) + (onP * _p[i]) + (both * Off(changeOfV[i], ve, vp, i)) + (offPlane * Off(sign * changeOfT[i], te, tp, i));
    }

    // w and its length from v's coordinates along and across e.
    private void Boost(double along, double across)
    {
        // Times exp(-r): c is cosh r, k is sinh(r)/r.
        double decay = Math.Exp(-2 * _r), c = (1 + decay) / 2, k = Scaled(_r), a = k * along, b = k * across, exponent = _r;
        if (_tau < 0.5)
        {
            a = (a * _timeOfT) + (c * Math.Sinh(_tau));
        }
        else
        {
            double product = decay + (b * b), large = c + Math.Abs(a), small = product / large;
            (double plus, double minus) = a >= 0 ? (large, small) : (small, large);
            a = (plus - (minus * Math.Exp(-2 * _tau))) / 2;
            double acrossNow = b * Math.Exp(-_tau);
            exponent += _tau;
            if (RowVectors.Hypotenuse(a, acrossNow) < 1e-100)
            {
                // Far out and nearly the way back: the scale is that of the result, found from logarithms.
                double logSmall = Math.Max(-2 * _r, 2 * Math.Log(b)) + ScalarMath.Log1p(Math.Exp(-Math.Abs((2 * _r) + (2 * Math.Log(b))))) - Math.Log(large);
                (double logPlus, double logMinus) = along >= 0 ? (Math.Log(large), logSmall) : (logSmall, Math.Log(large));
                double most = Math.Max(Math.Log(b), Math.Max(logPlus + _tau, logMinus - _tau));
                (a, acrossNow) = ((Math.Exp(logPlus + _tau - most) - Math.Exp(logMinus - _tau - most)) / 2, Math.Exp(Math.Log(b) - most));
                exponent = _r + most;
            }
            b = acrossNow;
        }
        double s = RowVectors.Hypotenuse(a, b), logSinh = exponent + Math.Log(s);
        _rho = exponent < 300 ? RadialFunctions.Asinh(s * Math.Exp(exponent)) : logSinh > 15 ? logSinh + 0.69314718055994531 : RadialFunctions.Asinh(Math.Exp(logSinh));
        (_cosW, _sinW) = s > 0 ? (a / s, b / s) : (1, 0);
    }

    private void Turn()
    {
        double oneMinus = _cosV > 0 ? _sinV * _sinV / (1 + _cosV) : 1 - _cosV, onePlus = _cosV > 0 ? 1 + _cosV : _sinV * _sinV / (1 - _cosV);
        if (_rho >= 1)
        {
            // sinh(rho) times the cosine and the sine of the angle at v, both times exp(-r - tau).
            double difference = _r > _tau ? Math.Exp(-2 * _tau) * -ScalarMath.Expm1(2 * (_tau - _r)) : Math.Exp(-2 * _r) * ScalarMath.Expm1(2 * (_r - _tau));
            double cosine = ((onePlus * -ScalarMath.Expm1(-2 * (_r + _tau))) + (oneMinus * difference)) / 4;
            double lift = -ScalarMath.Expm1(-2 * _tau) / 2 * _sinV, sine = lift * Math.Exp(-_r), length = RowVectors.Hypotenuse(cosine, sine);
            if (length > 1e-100)
            {
                _flat = false;
                (_cos, _sin, _sinStretched) = (cosine / length, sine / length, lift * Scaled(_r) / length);
                return;
            }
        }
        // The triangle's area D: tan(D/2) = h sin / (1 + h cos), h = tanh(r/2) tanh(tau/2).
        _flat = true;
        double ofR = 2 * Math.Exp(-_r) / (1 + Math.Exp(-_r)), h = Math.Tanh(_r / 2) * Math.Tanh(_tau / 2), rest = ofR + (Math.Tanh(_r / 2) * OneMinusHalf());
        double opposite = h * _sinV, adjacent = rest + (h * onePlus), half = RowVectors.Hypotenuse(opposite, adjacent);
        (double c, double s) = half > 0 ? (adjacent / half, opposite / half) : (1, 0);
        (_cos, _sin) = ((c - s) * (c + s), 2 * c * s);
    }

    // 1 - tanh(tau/2).
    private readonly double OneMinusHalf() => 2 * Math.Exp(-_tau) / (1 + Math.Exp(-_tau));

    // rho coth rho; what a tilt of t moves w by within the plane, and across it. In forms that stay right where t and w point the same way far out.
    private readonly (double Q, double InPlane, double OffPlane) Coefficients()
    {
        double over = _rho == 0 ? 1 : 2 * _rho / ScalarMath.Expm1(2 * _rho), q = _rho + over, left = OneMinusHalf();
        if (_cosW <= 0) return (q, (q * _cosW) - ((1 - left) * _rho), q - ((1 - left) * _rho * _cosW));
        double oneMinus = _sinW * _sinW / (1 + _cosW);
        return (q, (over * _cosW) + (_rho * (left - oneMinus)), over + (_rho * ((left * _cosW) + oneMinus)));
    }

    // What is left of element i of a row with the parts e and p taken off.
    private readonly double Off(double x, double e, double p, int i) => x - (e * _e[i]) - (p * _p[i]);

    // sinh(r)/r exp(-r).
    private static double Scaled(double r) => r == 0 ? 1 : -ScalarMath.Expm1(-2 * r) / (2 * r);

    // sinh(r)/r. Derivatives beyond the largest number are held there, lest they make NaN of a part that is 0.
    private static double Stretch(double r) => Math.Min(Scaled(r) * Math.Exp(r), double.MaxValue);

    // rho/sinh(rho).
    private static double Shrink(double rho) => Math.Exp(-rho) / Scaled(rho);

    // The product of both.
    private readonly double Both() => Math.Min(Scaled(_r) / Scaled(_rho) * Math.Exp(_r - _rho), double.MaxValue);
}
