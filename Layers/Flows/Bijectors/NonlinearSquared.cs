using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = a x + b + c/(1 + (d x + g)^2) on every feature, with parameters of its own: a bump on a line, invertible while |c d| &lt; 8 sqrt(3)/9 a. log|det| = sum log(a - 2 c d s/(1 + s^2)^2), s = d x + g, [batch x 1].</summary>
/// <remarks>a = e^log_a, d = e^log_d, c = 0.95 (8 sqrt(3)/9) (a/d) tanh(c_raw). Parameters log_a, b, c_raw, log_d, g [1 x D]; the identity at the start. Cost: one logarithm an element forward, one bracketed root back. Source: Ziegler and Rush 2019, Latent normalizing flows for discrete sequences.</remarks>
public sealed class NonlinearSquared<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _logA = Var.None;
    private Var _b = Var.None;
    private Var _c = Var.None;
    private Var _logD = Var.None;
    private Var _g = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public NonlinearSquared(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "nonlinear-squared";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static NonlinearSquared<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("nonlinear-squared", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new NonlinearSquared<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _logA);
        _logA = store.AddParameter($"{scope}.log_a", 1, Dimension, decay: false);
        _b = store.AddParameter($"{scope}.b", 1, Dimension, decay: false);
        _c = store.AddParameter($"{scope}.c_raw", 1, Dimension, decay: false);
        _logD = store.AddParameter($"{scope}.log_d", 1, Dimension, decay: false);
        _g = store.AddParameter($"{scope}.g", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _logA);
        Var a = tape.Exp(_logA), kappa = Kappa(tape);
        Var s = tape.Add(tape.Multiply(x, tape.Exp(_logD)), _g), bump = Bump(tape, s);
        Var z = tape.Add(tape.Add(tape.Multiply(x, a), tape.Multiply(bump, Height(tape, kappa))), _b);
        return FlowStep.Exact(z, LogDet(tape, s, bump, kappa));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _logA);
        // (d/a)(z - b) + g = s + kappa/(1 + s^2), kappa = c d/a in (-8 sqrt(3)/9, 8 sqrt(3)/9).
        Var kappa = Kappa(tape), t = tape.Add(tape.Multiply(tape.Subtract(z, _b), tape.Exp(tape.Subtract(_logD, _logA))), _g);
        Var s = tape.RidgeRoot(RidgeFunction.Bump, t, tape.RepeatRows(kappa, z.Rows), tape.Constant(1, z.Rows, Dimension), tape.Constant(0, z.Rows, Dimension));
        Var x = tape.Multiply(tape.Subtract(s, _g), tape.Exp(tape.Negate(_logD)));
        return FlowStep.Exact(x, tape.Negate(LogDet(tape, s, Bump(tape, s), kappa)));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }

    // Below the limit of invertibility by a margin, as its authors do.
    private Var Kappa(Tape<T> tape) => tape.Scale(tape.Tanh(_c), 0.95 * 8 * Math.Sqrt(3) / 9);

    /// <summary>c = kappa a/d.</summary>
    private Var Height(Tape<T> tape, Var kappa) => tape.Multiply(kappa, tape.Exp(tape.Subtract(_logA, _logD)));

    private static Var Bump(Tape<T> tape, Var s) => tape.Reciprocal(tape.AddConstant(tape.Square(s), 1));

    /// <summary>sum of log a + log(1 - 2 kappa s/(1 + s^2)^2).</summary>
    private Var LogDet(Tape<T> tape, Var s, Var bump, Var kappa)
    {
        Var bend = tape.Multiply(tape.Multiply(s, tape.Square(bump)), tape.Scale(kappa, -2));
        return tape.Add(tape.SumColumns(tape.Log1p(bend)), tape.Sum(_logA));
    }
}
