using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The example of docs/audit.md; the regions are compared with the page.</summary>
public sealed class AuditExample
{
    [Fact]
    public void A_bijector_of_ones_own_is_audited()
    {
        #region docs/audit.md
        double[] points = [0.3, -1.1, 0.7, 1.4, -0.2, 0.05];
        BijectorAudit audit = JacobianAudit.OfBijector(new Sinh(dimension: 2), points);
        Console.WriteLine(audit);
        if (audit.Failed) throw new InvalidOperationException(audit["inverse log-det"].Text);
        #endregion

        Assert.True(audit["forward log-det"].Passed);
        // The same with log-determinants of the wrong sign, as plain functions.
        BijectorAudit wrong = JacobianAudit.OfBijector(
            1,
            forward: x => ([Math.Sinh(x[0])], -Math.Log(Math.Cosh(x[0]))),
            inverse: z => ([Math.Asinh(z[0])], Math.Log(Math.Cosh(Math.Asinh(z[0])))),
            points);
        Assert.Contains("the sign is flipped", wrong["forward log-det"].Text, StringComparison.Ordinal);
    }

    /// <summary>z = sinh(x).</summary>
    private sealed class Sinh(int dimension) : IBijector<double>
    {
        public string Kind => "sinh";

        public int Dimension => dimension;

        public void Attach(ParameterStore<double> store, string scope, ulong seed)
        {
        }

        public FlowStep Forward(Tape<double> tape, Var x, in StepContext c)
        {
            Var z = tape.Scale(tape.Subtract(tape.Exp(x), tape.Exp(tape.Negate(x))), 0.5);
            return FlowStep.Exact(z, LogCosh(tape, x));
        }

        public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c)
        {
            Var x = tape.Asinh(z);
            return FlowStep.Exact(x, tape.Negate(LogCosh(tape, x)));
        }

        public void WriteConfig(Utf8JsonWriter json)
        {
        }

        // log cosh x = x + softplus(-2 x) - log 2: no exponential that overflows.
        private static Var LogCosh(Tape<double> tape, Var x)
            => tape.SumColumns(tape.AddConstant(tape.Add(x, tape.Softplus(tape.Scale(x, -2))), -Math.Log(2)));
    }
}
