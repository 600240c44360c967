using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Defects that shipped in other libraries.</summary>
public enum PeerDefect
{
    /// <summary>None: z = tanh(x), done right.</summary>
    None,

    /// <summary>log tanh' with the softplus's sign flipped: 2.77 instead of 0 at 0.</summary>
    TanhLogDetSign,

    /// <summary>log(1 - tanh^2) as written: -infinity from |x| of about 19 on.</summary>
    NaiveTanhLogDet,

    /// <summary>The inverse's log-determinant has the forward one's sign.</summary>
    InverseLogDetSign,

    /// <summary>One direction was rewritten: the log-determinants differ in the sixth digit.</summary>
    OneSidedRewrite,

    /// <summary>A branch that is not selected is multiplied by 0, and its gradient is 0 times infinity.</summary>
    UnselectedBranch,
}

/// <summary>z = tanh(x), with a defect.</summary>
public sealed class DefectiveTanh(PeerDefect defect) : IBijector<double>
{
    /// <inheritdoc/>
    public string Kind => "defective-tanh";

    /// <inheritdoc/>
    public int Dimension => 2;

    /// <inheritdoc/>
    public void Attach(ParameterStore<double> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<double> tape, Var x, in StepContext c)
    {
        Var z = tape.Tanh(x);
        if (defect == PeerDefect.UnselectedBranch) z = tape.Add(z, tape.Scale(tape.Sqrt(tape.Relu(tape.AddConstant(tape.Negate(tape.Square(x)), 25))), 0));
        return FlowStep.Exact(z, LogDerivative(tape, x, z));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c)
    {
        // artanh(z) = (log(1 + z) - log(1 - z)) / 2.
        Var x = tape.Scale(tape.Subtract(tape.Log1p(z), tape.Log1p(tape.Negate(z))), 0.5);
        Var logDet = tape.Scale(LogDerivative(tape, x, z), defect == PeerDefect.InverseLogDetSign ? 1 : -1);
        return FlowStep.Exact(x, defect == PeerDefect.OneSidedRewrite ? tape.AddConstant(logDet, 2e-6) : logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }

    // log(1 - tanh(x)^2) = 2 (log 2 - x - softplus(-2 x)).
    private Var LogDerivative(Tape<double> tape, Var x, Var z)
    {
        if (defect == PeerDefect.NaiveTanhLogDet) return tape.SumColumns(tape.Log(tape.AddConstant(tape.Negate(tape.Square(z)), 1)));
        Var softplus = tape.Softplus(tape.Scale(x, -2));
        Var sum = defect == PeerDefect.TanhLogDetSign ? tape.Subtract(softplus, x) : tape.Negate(tape.Add(x, softplus));
        return tape.SumColumns(tape.Scale(tape.AddConstant(sum, Math.Log(2)), 2));
    }
}

/// <summary>
/// z = x + c sin(x), whose fixed-point inverse stops when a step is small, as two libraries have it: the error is then far from small. Or whose inverse's
/// log-determinant is taken at z, as a third has it.
/// </summary>
public sealed class EarlyStoppingResidual(double c, double tolerance, bool misplaced = false) : IBijector<double>
{
    /// <inheritdoc/>
    public string Kind => "early-stopping";

    /// <inheritdoc/>
    public int Dimension => 2;

    /// <inheritdoc/>
    public void Attach(ParameterStore<double> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<double> tape, Var x, in StepContext context)
        => FlowStep.Exact(tape.Add(x, tape.Scale(tape.Sin(x), c)), tape.SumColumns(tape.Log(tape.AddConstant(tape.Scale(tape.Cos(x), c), 1))));

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<double> tape, Var z, in StepContext context)
    {
        Var x = z;
        double[] before = new double[z.Length], after = new double[z.Length];
        tape.Read(z, before);
        for (double step = double.PositiveInfinity; step * step >= tolerance;)
        {
            x = tape.Subtract(z, tape.Scale(tape.Sin(x), c));
            tape.Read(x, after);
            step = after.Zip(before, (a, b) => Math.Abs(a - b)).Max();
            (before, after) = (after, before);
        }
        return FlowStep.Exact(x, tape.Scale(Forward(tape, misplaced ? z : x, context).LogAbsDet, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
