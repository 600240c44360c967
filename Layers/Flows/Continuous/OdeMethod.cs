namespace NativeFlow.Layers;

/// <summary>Explicit Runge-Kutta methods.</summary>
public enum OdeMethod
{
    /// <summary>Order 1, one evaluation a step.</summary>
    Euler,

    /// <summary>Order 2, two evaluations a step.</summary>
    Midpoint,

    /// <summary>Order 4, four evaluations a step: the 3/8 rule.</summary>
    Rk4,

    /// <summary>Order 5 with an error estimate of order 4, six evaluations a step; steps as long as the tolerances allow (Dormand and Prince 1980).</summary>
    Dopri5,
}
