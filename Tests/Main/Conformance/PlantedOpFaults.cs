using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The op suite against ops that are wrong on purpose: each must be rejected, by the check that is there for it.</summary>
public sealed class PlantedOpFaults
{
    private static readonly InputSpec Square = new(3, 3);

    public static TheoryData<string, string> Faults() => new()
    {
        { "none", "" },
        { "transposed weight", "vjp" },
        { "dropped factor", "vjp" },
        { "dropped factor", "order" },
        { "nearly right factor", "order" },
        { "assigned gradient", "accumulation" },
        { "missing sum over rows", "vjp" },
        { "wrong sign of the jvp", "jvp" },
        { "jvp of the first input only", "jvp" },
        { "claimed gradient added to", "claimed gradient" },
        { "absent gradient written", "absent gradient" },
        { "gradient depends on who asks", "absent gradient" },
        { "allocates", "allocation" },
        { "recorded vjp without its factor", "recorded vjp" },
        { "recorded jvp without its factor", "recorded jvp" },
        { "recorded derivative cut off", "second derivatives" },
        { "NaN", "value" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void IsRejected(string fault, string check)
    {
        OpCase<double> c = fault == "missing sum over rows" || fault == "NaN" || fault == "allocates"
            ? new(fault, "", [Square, new InputSpec(1, 3)], (t, x) => t.Record(new FaultyAdd(fault), [x[0], x[1]], 3, 3).Out0)
            : new(fault, "", [Square, Square], (t, x) => t.Record(FaultyProduct.Of(fault), [x[0], x[1]], 3, 3).Out0);
        List<string> failures = OpConformance.Check(c, () => new ReferenceBackend<double>());
        if (check.Length == 0) Assert.Empty(failures);
        else Assert.True(failures.Exists(f => f.StartsWith(check, StringComparison.Ordinal)), string.Join("\n", failures.Prepend("none begins with " + check)));
    }

    [Fact]
    public void KernelThatDropsItsTailIsRejected()
    {
        var c = new OpCase<double>("tail", "", [new InputSpec(1, 37)], (t, x) => t.Record(TailDropped.Instance, [x[0]], 1, 37).Out0);
        Assert.NotEmpty(OpConformanceTests.BackendDifferences(c, 1e-10));
    }

    // y = 2 a b^T; every fault is one line away from right.
    private sealed class FaultyProduct(string fault) : Op<double>
    {
        private static readonly Dictionary<string, FaultyProduct> ByFault = [];

        public override string Name => fault;

        public override string Formula => "y = 2 a b^T";

        public override Reads Reads => Reads.Inputs;

        public override bool HasRecordedDerivatives => true;

        public static FaultyProduct Of(string fault)
        {
            lock (ByFault)
            {
                if (!ByFault.TryGetValue(fault, out FaultyProduct? op)) ByFault.Add(fault, op = new FaultyProduct(fault));
                return op;
            }
        }

        public override void Forward(in OpContext<double> c) => Product(c, c.X(0), c.X(1), c.Y(), false, 2, transposeB: true);

        public override void Backward(in OpContext<double> c)
        {
            double factor = fault switch { "dropped factor" => 1, "nearly right factor" => 2.0001, _ => 2 };
            if (fault == "gradient depends on who asks" && c.Dx(1).IsNone) factor = 3;
            if (fault == "claimed gradient added to" && c.Wants(0)) Product(c, c.Dy(), c.X(1), c.ClaimDx(0, out _), true, factor, transposeB: false);
            else if (!c.Dx(0).IsNone) Product(c, c.Dy(), c.X(1), c.Dx(0), fault != "assigned gradient", factor, transposeB: fault == "transposed weight");
            Slice db = fault == "absent gradient written" ? GradientAnyway(c) : c.Dx(1);
            if (!db.IsNone) c.Backend.Gemm(new GemmArgs(3, 3, 3, c.Dy(), c.X(0), db) { TransposeA = true, Accumulate = true, Alpha = 2 });
        }

        public override void Jvp(in OpContext<double> c)
        {
            Product(c, c.Tx(0), c.X(1), c.Ty(), false, fault == "wrong sign of the jvp" ? -2 : 2, transposeB: true);
            if (fault != "jvp of the first input only") Product(c, c.X(0), c.Tx(1), c.Ty(), true, 2, transposeB: true);
        }

        public override Var RecordVjp(Tape<double> tape, int node, int input, Var dy)
        {
            Node<double> n = tape.Node(node);
            Var a = tape.Input(n, 0), b = tape.Input(n, 1);
            if (fault == "recorded derivative cut off") b = b.Detach();
            Var product = input == 0 ? tape.MatMul(dy, b) : tape.MatMul(dy, a, transposeA: true);
            return fault == "recorded vjp without its factor" ? product : tape.Scale(product, 2);
        }

        public override Var RecordJvp(Tape<double> tape, int node, int input, Var dx)
        {
            Node<double> n = tape.Node(node);
            Var product = input == 0 ? tape.MatMul(dx, tape.Input(n, 1), transposeB: true) : tape.MatMul(tape.Input(n, 0), dx, transposeB: true);
            return fault == "recorded jvp without its factor" ? product : tape.Scale(product, 2);
        }

        // The gradient of a lies a fixed way before that of b; an op that ignores None reaches it like this.
        private static Slice GradientAnyway(in OpContext<double> c)
        {
            Slice dy = c.Dy();
            return new Slice(dy.Block, c.In(1).Offset, c.In(1).Length);
        }

        private static void Product(in OpContext<double> c, Slice a, Slice b, Slice y, bool accumulate, double factor, bool transposeB)
            => c.Backend.Gemm(new GemmArgs(3, 3, 3, a, b, y) { TransposeB = transposeB, Accumulate = accumulate, Alpha = factor });
    }

    // y = a + row b.
    private sealed class FaultyAdd(string fault) : Op<double>
    {
        public override string Name => fault;

        public override string Formula => "y = a + b";

        public override Reads Reads => Reads.Nothing;

        public override void Forward(in OpContext<double> c)
        {
            AddOp<double>.AddRow(c.Backend, c.X(0), c.X(1), c.Y(), 3, 3);
            if (fault == "NaN") BasicKernels<double>.Fill(c.Backend, c.Y().Part(4, 1), double.NaN);
        }

        public override void Backward(in OpContext<double> c)
        {
            if (!c.Dx(0).IsNone) BasicKernels<double>.AddScaled(c.Backend, c.Dy(), c.Dx(0));
            if (c.Dx(1).IsNone) return;
            if (fault == "missing sum over rows") BasicKernels<double>.AddScaled(c.Backend, c.Dy().Part(0, 3), c.Dx(1));
            else BasicKernels<double>.ColumnSum(c.Backend, c.Dy(), c.Dx(1), 3, 3);
        }

        public override void Jvp(in OpContext<double> c) => AddOp<double>.AddRow(c.Backend, c.Tx(0), c.Tx(1), c.Ty(), 3, 3);
    }

    private sealed class TailDropped : Op<double>
    {
        public static readonly TailDropped Instance = new();

        private static readonly KernelId Kernel = CpuKernels<double>.Define("test-tail-dropped",
            static (in CpuArgs<double> a) => { for (int i = 0; i < a[0].Length; i++) a[1][i] = a[0][i]; },
            static (in CpuArgs<double> a) => { a[1].Clear(); a[0][..(a[0].Length / 8 * 8)].CopyTo(a[1]); });

        public override string Name => "tail";

        public override string Formula => "y = x";

        public override Reads Reads => Reads.Nothing;

        public override void Forward(in OpContext<double> c) => c.Run(Kernel, [c.X(0), c.Y()]);

        public override void Backward(in OpContext<double> c) => BasicKernels<double>.AddScaled(c.Backend, c.Dy(), c.Dx(0));

        public override void Jvp(in OpContext<double> c) => BasicKernels<double>.Copy(c.Backend, c.Tx(0), c.Ty());
    }
}
