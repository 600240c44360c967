using System.Globalization;
using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// From an interval to the line, or back: u = alpha + (1 - 2 alpha)(x - low)/(high - low), z = (ln u - ln(1 - u))/T, with the exact
/// log-determinant [B x 1], so that a density is that of x on its own scale.
/// </summary>
public sealed class LogitFlowOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly LogitFlowOp<T> Instance = new();

    // Slices in, settings, out, log-det.
    private static readonly KernelId ForwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("logit-flow",
        static (in CpuArgs<T> a) => LogitFlow.Forward(a[0], a[2], a[3], a[1]), static (in CpuArgs<T> a) => LogitFlow.ForwardSimd(a[0], a[2], a[3], a[1], a.Workers)),
        static (launcher, in a) => launcher.LogitForward(a));

    private static readonly KernelId InverseId = PortableKernels<T>.Define(CpuKernels<T>.Define("logit-flow-inverse",
        static (in CpuArgs<T> a) => LogitFlow.Inverse(a[0], a[2], a[3], a[1]), static (in CpuArgs<T> a) => LogitFlow.InverseSimd(a[0], a[2], a[3], a[1], a.Workers)),
        static (launcher, in a) => launcher.LogitInverse(a));

    // Slices in, settings, dout, dlogdet, din.
    private static readonly KernelId BackwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("logit-flow-backward",
        static (in CpuArgs<T> a) => LogitFlow.Backward(a[0], a[2], a[3], a[4], a[1]),
        static (in CpuArgs<T> a) => LogitFlow.BackwardSimd(a[0], a[2], a[3], a[4], a[1], a.Workers)),
        static (launcher, in a) => launcher.LogitBackward(new KernelArgs([a.Slices[0], a.Slices[2], a.Slices[3], a.Slices[1], a.Slices[4]])));

    private static readonly KernelId InverseBackwardId = PortableKernels<T>.Define(CpuKernels<T>.Define("logit-flow-inverse-backward",
        static (in CpuArgs<T> a) => LogitFlow.InverseBackward(a[0], a[2], a[3], a[4], a[1]),
        static (in CpuArgs<T> a) => LogitFlow.InverseBackwardSimd(a[0], a[2], a[3], a[4], a[1], a.Workers)),
        static (launcher, in a) => launcher.LogitInverseBackward(new KernelArgs([a.Slices[0], a.Slices[2], a.Slices[3], a.Slices[1], a.Slices[4]])));

    // Slices x, settings, found: row and column of the first element outside (row -1: none). Two numbers, so that float holds both exactly.
    private static readonly KernelId OutsideId = PortableKernels<T>.Define(CpuKernels<T>.Define("logit-flow-outside",
        static (in CpuArgs<T> a) => PutPlace(LogitFlow.FindOutside<T>(a[0], a[1]), a.Size(0), a[2]),
        static (in CpuArgs<T> a) => PutPlace(LogitFlow.FindOutsideSimd<T>(a[0], a[1]), a.Size(0), a[2])),
        static (launcher, in a) => launcher.LogitOutside(a));

    /// <inheritdoc/>
    public override string Name => "logit-flow";

    /// <inheritdoc/>
    public override string Formula => "u = a + (1-2a)(x-low)/(high-low), z = (ln u - ln(1-u))/T, l = sum log dz/dx;  dx = dz dz/dx + dl (2u-1)/(u(1-u)) du/dx";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records z [B x D] and log|det dz/dx| [B x 1].</summary>
    /// <exception cref="OutsideDomainException">An element of x is NaN or has no finite z: outside the open interval that reaches alpha (high - low)/(1 - 2 alpha) beyond low and high (with clipping: outside [low, high]).</exception>
    public static (Var Z, Var LogDet) Record(Tape<T> tape, Var x, in LogitSettings settings) => Record(tape, x, settings, 0);

    /// <summary>Records the inverse: x [B x D] and log|det dx/dz| [B x 1]. With alpha &gt; 0, far-out z give x up to alpha (high - low)/(1 - 2 alpha) outside the interval. Clipping has no inverse and is left out.</summary>
    public static (Var X, Var LogDet) RecordInverse(Tape<T> tape, Var z, in LogitSettings settings) => Record(tape, z, settings, 1);

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        c.Run(c.Node.I0 == 0 ? ForwardId : InverseId, [c.X(0), c.X(1), c.Y(), c.Y(1)]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(c.Node.I0 == 0 ? BackwardId : InverseBackwardId, [c.X(0), c.X(1), c.Dy(), c.Dy(1), c.Dx(0)]);

    /// <inheritdoc/>
    /// <remarks>The Jacobian of z is diagonal: backward with ones, once for each output, gives its entries.</remarks>
    public override void Jvp(in OpContext<T> c)
    {
        int rows = c.In(0).Rows, cols = c.In(0).Cols;
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        if (c.Tx(0).IsNone) return;
        KernelId backward = c.Node.I0 == 0 ? BackwardId : InverseBackwardId;
        Slice one = c.Borrow(rows * cols), none = c.Borrow(rows), gradient = c.Borrow(rows * cols), product = c.Borrow(rows * cols);
        for (int output = 0; output < 2; output++)
        {
            BasicKernels<T>.Fill(c.Backend, one, output == 0 ? 1 : 0);
            BasicKernels<T>.Fill(c.Backend, none, output);
            BasicKernels<T>.Fill(c.Backend, gradient, 0);
            BasicKernels<T>.Fill(c.Backend, product, 0);
            c.Run(backward, [c.X(0), c.X(1), one, none, gradient]);
            BasicKernels<T>.AddProduct(c.Backend, gradient, c.Tx(0), output == 0 ? c.Ty() : product);
        }
        BasicKernels<T>.RowSum(c.Backend, product, c.Ty(1), rows, cols);
    }

    private static (Var, Var) Record(Tape<T> tape, Var x, in LogitSettings settings, int inverse)
    {
        Var numbers = settings.Record(tape);
        if (inverse == 0) RequireInside(tape, x, numbers, settings);
        ref readonly Node<T> node = ref tape.Record(Instance, [x, numbers], x.Rows, x.Cols, x.Rows, 1, i0: inverse);
        return (node.Out0, node.Out1);
    }

    private static void PutPlace(int i, int cols, Span<T> found)
    {
        found[0] = T.CreateTruncating(i < 0 ? -1 : i / cols);
        found[1] = T.CreateTruncating(i < 0 ? 0 : i % cols);
    }

    private static void RequireInside(Tape<T> tape, Var x, Var numbers, in LogitSettings settings)
    {
        bool clips = settings.Clip > 0;
        double margin = clips ? 0 : settings.Alpha * (settings.High - settings.Low) / (1 - (2 * settings.Alpha));
        var site = new CheckSite<T>(
            static (s, row, column, value) => new OutsideDomainException(string.Create(
                CultureInfo.InvariantCulture,
                $"{s.Scope}logit: row {row}, column {column} is {value}, outside {(s.Closed ? '[' : '(')}{s.Low:G6}, {s.High:G6}{(s.Closed ? ']' : ')')}; scale or clip the data, {s.WayOut}or set low and high to its range.")),
            tape.Scope, "logit", settings.Alpha == 0 && !clips ? "set alpha above 0, " : "", settings.Low - margin, settings.High + margin, clips);
        (int, int) borrowed = tape.Workspace.Mark;
        Slice found = tape.Workspace.Take(2);
        tape.Backend.Run(OutsideId, new KernelArgs([tape.ValueOf(x), tape.ValueOf(numbers), found], [x.Cols]));
        tape.Checks.Check(site, found, tape.ValueOf(x), x.Cols, -1);
        tape.Workspace.Reset(borrowed);
    }
}
