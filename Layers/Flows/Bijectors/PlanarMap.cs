using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The planar map z = x + u^ h(w.x + b) on given parameters, one set for the batch ([1 x ...]) or one a row ([B x ...], as a network of an amortized posterior gives them), with its exact inverse.</summary>
/// <remarks>
/// u^ = u + (softplus(w.u) - 1 - w.u) w/|w|^2, so that a = w.u^ = softplus(w.u) - 1 &gt; -1 and the map is invertible. log|det| = log(1 + h'(w.x + b) a).
/// Inverse: y = w.x solves y + a h(y + b) = w.z. Source: Rezende and Mohamed 2015, section 4.1 and appendix A.
/// </remarks>
public static class PlanarMap
{
    /// <summary>Records z and log|det| [B x 1]. 6 B D flops.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Input [B x D].</param>
    /// <param name="u">[1 x D] or [B x D].</param>
    /// <param name="w">[1 x D] or [B x D], no row zero; as many rows as <paramref name="u"/>.</param>
    /// <param name="b">[1 x 1] or [B x 1].</param>
    /// <param name="activation">h.</param>
    /// <param name="slope">Slope of the leaky ReLU below zero, in (0, 1].</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Forward<T>(Tape<T> tape, Var x, Var u, Var w, Var b, PlanarActivation activation, double slope = 0.2) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var s = tape.Add(tape.SumColumns(tape.Multiply(x, w)), b);
        (Var uHat, Var a) = Constrained(tape, u, w);
        (Var h, Var bend) = Activate(tape, s, activation, slope);
        return FlowStep.Exact(tape.Add(x, Along(tape, h, uHat)), tape.Log1p(tape.Multiply(bend, a)));
    }

    /// <summary>Records x and log|det dx/dz| [B x 1]: a bracketed root for tanh, in closed form for the leaky ReLU. Parameters as in <see cref="Forward"/>.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static FlowStep Inverse<T>(Tape<T> tape, Var z, Var u, Var w, Var b, PlanarActivation activation, double slope = 0.2) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var t = tape.SumColumns(tape.Multiply(z, w));
        (Var uHat, Var a) = Constrained(tape, u, w);
        Var zero = tape.Constant(0, z.Rows);
        Var s;
        if (activation == PlanarActivation.Tanh)
        {
            Var k = tape.Add(zero, b);
            s = tape.Add(tape.RidgeRoot(RidgeFunction.Tanh, t, tape.Add(zero, a), tape.Constant(1, z.Rows), k), k);
        }
        else
        {
            // s + a h(s) = t + b has slope 1 + a above zero and 1 + slope a below, both positive.
            Var right = tape.Add(t, b);
            s = tape.Subtract(tape.Divide(tape.Relu(right), tape.AddConstant(a, 1)), tape.Divide(tape.Relu(tape.Negate(right)), tape.AddConstant(tape.Scale(a, slope), 1)));
        }
        (Var h, Var bend) = Activate(tape, s, activation, slope);
        return FlowStep.Exact(tape.Subtract(z, Along(tape, h, uHat)), tape.Negate(tape.Log1p(tape.Multiply(bend, a))));
    }

    /// <summary>u^ and a = w.u^.</summary>
    private static (Var UHat, Var A) Constrained<T>(Tape<T> tape, Var u, Var w) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (u.Rows != w.Rows) throw new ArgumentException($"PlanarMap: u is {u.Shape}, w is {w.Shape}; they must be equal.");
        Var product = tape.SumColumns(tape.Multiply(w, u)), a = tape.AddConstant(tape.Softplus(product), -1);
        Var along = tape.Divide(tape.Subtract(a, product), tape.SumColumns(tape.Square(w)));
        return (tape.Add(u, tape.Multiply(w, along)), a);
    }

    /// <summary>h(s) and h'(s).</summary>
    private static (Var H, Var Bend) Activate<T>(Tape<T> tape, Var s, PlanarActivation activation, double slope) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (activation == PlanarActivation.Tanh)
        {
            Var h = tape.Tanh(s);
            return (h, UnaryOps<T>.Tanh.Derivative.Record(tape, s, h));
        }
        Var value = tape.LeakyRelu(s, slope);
        return (value, UnaryOps<T>.LeakyRelu.Derivative.Record(tape, s, value, slope));
    }

    /// <summary>h [B x 1] times u [1 x D] or [B x D].</summary>
    private static Var Along<T>(Tape<T> tape, Var h, Var u) where T : unmanaged, IFloatingPointIeee754<T> => u.Rows == 1 ? tape.MatMul(h, u) : tape.Multiply(u, h);
}
