using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Parts of a tape that are recorded, walked and forgotten in the middle of a pass.</summary>
public sealed class TapePartTests : IDisposable
{
    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void APartAddsToWhatItReadsAndLeavesTheRestOfThePassAlone()
    {
        using var tape = new Tape<double>(_backend, capacity: 64);
        Var x = tape.Input([1, 2, 3], 1, 3, needsGrad: true), y = tape.Scale(x, 2), z = tape.Square(y);
        tape.BeginBackward(z, [1, 1, 1]);
        Assert.Equal(1, tape.StepBackward());
        // Between two nodes of the pass: y^3 with cotangent 1, twice, and enough of it for a new chunk.
        for (int round = 0; round < 2; round++)
        {
            TapeMark mark = tape.Mark();
            Var cube = tape.Multiply(tape.Square(y), y), more = tape.Allocate(10, 20, needsGrad: false);
            tape.BeginPart(mark);
            Assert.Equal([0, 0, 0], Grad(tape, cube));
            tape.AddGradient(cube, tape.ValueOf(tape.Input([1, 1, 1], 1, 3)));
            tape.AddGradient(more, tape.ValueOf(more));
            tape.BackwardPart(mark);
            tape.Release(mark);
            Assert.Equal(2, tape.Count);
        }
        Assert.Equal(0, tape.StepBackward());
        Assert.Equal(-1, tape.StepBackward());
        // d/dx of (2x)^2 + 2 (2x)^3 = 8x + 48 x^2.
        Assert.Equal([56, 208, 456], Grad(tape, x));
        Assert.Equal([1, 1, 1], Grad(tape, z));
    }

    [Fact]
    public void ForgettingWhatIsStillToBeWalkedEndsThePass()
    {
        using var tape = new Tape<double>(_backend);
        Var x = tape.Input([1, 2], 1, 2, needsGrad: true), y = tape.Scale(x, 2);
        TapeMark mark = tape.Mark();
        Var z = tape.Square(y);
        tape.BeginBackward(z, [1, 1]);
        tape.Release(mark);
        Assert.Equal(-1, tape.StepBackward());
    }

    [Fact]
    public void TangentsGoThroughAPart()
    {
        using var tape = new Tape<double>(_backend, capacity: 64);
        Var x = tape.Input([1, 2, 3], 1, 3);
        tape.ClearTangents();
        _backend.Write([1, 10, 100], tape.TangentOf(x));
        for (int round = 0; round < 2; round++)
        {
            TapeMark mark = tape.Mark();
            Var c = tape.Constant(5, 1, 3), y = tape.Multiply(tape.Square(x), c);
            tape.BeginTangentPart(mark);
            tape.PushForwardPart(mark);
            var t = new double[3];
            _backend.Read(tape.TangentOf(y), t);
            Assert.Equal([10, 200, 3000], t);
            // What lies there afterwards must not reach the next round's constant.
            _backend.Write([7, 7, 7], tape.TangentOf(c));
            tape.Release(mark);
        }
    }

    [Fact]
    public void ABrokenRuleInAPartIsNamed()
    {
        using var tape = new Tape<double>(_backend);
        tape.Scale(tape.Input([1], 1, 1, needsGrad: true), 2);
        TapeMark mark = tape.Mark();
        tape.Scale(tape.Input([1], 1, 1, needsGrad: true), double.NaN);
        Assert.Contains("Node 1", Assert.Throws<InvalidOperationException>(() => tape.BeginPart(mark)).Message, StringComparison.Ordinal);
        tape.Release(mark);
        tape.BeginPart(tape.Mark());
    }

    [Fact]
    public void AnOpMayRecordAboveItselfAndKeepsWhatItBorrowed()
    {
        using var tape = new Tape<double>(_backend);
        Var x = tape.Input([1, 2, 3], 1, 3, needsGrad: true), y = x;
        // More nodes than the tape's first array holds, so that it grows inside the op.
        for (int i = 0; i < 62; i++) y = tape.Scale(y, 1);
        Var z = tape.Record(Nested.Instance, [y], 1, 3).Out0;
        Assert.Equal(63, tape.Count);
        Assert.Same(Nested.Instance, tape.Node(62).Op);
        var values = new double[3];
        tape.Read(z, values);
        Assert.Equal([1, 16, 81], values);
        tape.Backward(z, [1, 1, 1]);
        Assert.Equal([4, 32, 108], Grad(tape, x));
        Assert.Equal(63, tape.Count);
    }

    [Fact]
    public void AnOpThatRefusesInsideLeavesNoNode()
    {
        using var tape = new Tape<double>(_backend);
        Var x = tape.Input([-1, 2, 3], 1, 3, needsGrad: true), y = tape.Scale(x, 1);
        Assert.Throws<OutsideDomainException>(() => tape.Record(Nested.Instance, [y], 1, 3));
        Assert.Equal(1, tape.Count);
        tape.Backward(tape.Sum(y));
        Assert.Equal([1, 1, 1], Grad(tape, x));
    }

    private static double[] Grad(Tape<double> tape, Var v)
    {
        var g = new double[v.Length];
        tape.ReadGrad(v, g);
        return g;
    }

    /// <summary>x^4 as the square of the square, recorded above itself in both directions.</summary>
    private sealed class Nested : Op<double>
    {
        public static readonly Nested Instance = new();

        public override string Name => "nested";

        public override string Formula => "y = x^4";

        public override Reads Reads => Reads.Inputs;

        public override void Forward(in OpContext<double> c)
        {
            Slice kept = Fill(c);
            TapeMark mark = c.Tape.Mark();
            c.Tape.RequireBetween(c.In(0), 0, 1000, "nested", "give more");
            BasicKernels<double>.Copy(c.Backend, c.Tape.ValueOf(c.Tape.Square(c.Tape.Square(c.In(0)))), c.Y());
            c.Tape.Release(mark);
            Check(c, kept);
        }

        public override void Backward(in OpContext<double> c)
        {
            Slice kept = Fill(c);
            TapeMark mark = c.Tape.Mark();
            Var y = c.Tape.Square(c.Tape.Square(c.In(0)));
            c.Tape.BeginPart(mark);
            c.Tape.AddGradient(y, c.Dy());
            c.Tape.BackwardPart(mark);
            c.Tape.Release(mark);
            Check(c, kept);
        }

        public override void Jvp(in OpContext<double> c) => throw new NotSupportedException();

        private static Slice Fill(in OpContext<double> c)
        {
            Slice kept = c.Borrow(4);
            c.Backend.Write([1, 2, 3, 4], kept);
            return kept;
        }

        private static void Check(in OpContext<double> c, Slice kept)
        {
            // Whoever borrows now must not get what is borrowed already.
            c.Backend.Write([0, 0, 0, 0], c.Borrow(4));
            var values = new double[4];
            c.Backend.Read(kept, values);
            Assert.Equal([1, 2, 3, 4], values);
        }
    }
}
