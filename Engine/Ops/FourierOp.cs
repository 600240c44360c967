using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The discrete Fourier transform of real rows, by its definition: x [B x n] to (real parts, imaginary parts) [B x 2n] with y_k = sum_j x_j e^(-2 pi i jk/n), and its inverse. Each is the adjoint of the other, up to n.</summary>
public sealed class FourierOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly FourierOp<T> Instance = new();

    // Slices x [rows x n], y [rows x 2n], table [2n]; sizes n; reals scale: y += scale times the transform of x.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("fourier", static (in CpuArgs<T> a) =>
    {
        int n = a.Size(0);
        Span<T> cos = a[2][..n], sin = a[2][n..];
        Tables(cos, sin);
        for (int r = 0; r < a[0].Length / n; r++)
        {
            ReadOnlySpan<T> x = a[0].Slice(r * n, n);
            Span<T> y = a[1].Slice(2 * r * n, 2 * n);
            for (int k = 0; k < n; k++)
            {
                T re = T.Zero, im = T.Zero;
                for (int j = 0, at = 0; j < n; j++)
                {
                    re += x[j] * cos[at];
                    im -= x[j] * sin[at];
                    at += k;
                    if (at >= n) at -= n;
                }
                y[k] += a.Real(0) * re;
                y[n + k] += a.Real(0) * im;
            }
        }
    });

    // Slices y [rows x 2n], x [rows x n], table [2n]; sizes n; reals scale: x_j += scale sum_k (re_k cos - im_k sin).
    private static readonly KernelId BackId = CpuKernels<T>.Define("fourier-back", static (in CpuArgs<T> a) =>
    {
        int n = a.Size(0);
        Span<T> cos = a[2][..n], sin = a[2][n..];
        Tables(cos, sin);
        for (int r = 0; r < a[1].Length / n; r++)
        {
            ReadOnlySpan<T> y = a[0].Slice(2 * r * n, 2 * n);
            for (int j = 0; j < n; j++)
            {
                T sum = T.Zero;
                for (int k = 0, at = 0; k < n; k++)
                {
                    sum += (y[k] * cos[at]) - (y[n + k] * sin[at]);
                    at += j;
                    if (at >= n) at -= n;
                }
                a[1][(r * n) + j] += a.Real(0) * sum;
            }
        }
    });

    /// <inheritdoc/>
    public override string Name => "fourier";

    /// <inheritdoc/>
    public override string Formula => "y_k = sum_j x_j e^(-2 pi i jk/n), or the inverse;  dx = n times the inverse of dy, or dy = the transform of dx over n";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records (real parts, imaginary parts) [B x 2n]. 4 B n^2 flops: for few rows, such as one filter.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, 2 * x.Cols).Out0;

    /// <summary>Records the inverse, [B x 2n] to the real parts [B x n]: the whole where the numbers are the transform of something real. 4 B n^2 flops.</summary>
    /// <exception cref="ArgumentException">The number of columns is odd.</exception>
    public static Var RecordInverse(Tape<T> tape, Var y)
    {
        if (y.Cols % 2 != 0) throw new ArgumentException($"Fourier, inverse: y is {y.Shape}; it must hold as many real as imaginary parts.");
        return tape.Record(Instance, [y], y.Rows, y.Cols / 2, i0: 1).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        Run(c, c.X(0), c.Y(), inverse: c.Node.I0 == 1, c.Node.I0 == 1 ? 1.0 / c.Out().Cols : 1);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => Run(c, c.Dy(), c.Dx(0), inverse: c.Node.I0 == 0, c.Node.I0 == 1 ? 1.0 / c.Out().Cols : 1);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) Run(c, c.Tx(0), c.Ty(), inverse: c.Node.I0 == 1, c.Node.I0 == 1 ? 1.0 / c.Out().Cols : 1);
    }

    private static void Run(in OpContext<T> c, Slice from, Slice to, bool inverse, double scale)
    {
        int n = Math.Min(c.In(0).Cols, c.Out().Cols);
        c.Run(inverse ? BackId : ForwardId, [from, to, c.Borrow(2 * n)], [n], [scale]);
    }

    // In double, so that a table in single is rounded once.
    private static void Tables(Span<T> cos, Span<T> sin)
    {
        for (int i = 0; i < cos.Length; i++)
        {
            (double s, double c) = Math.SinCos(2 * Math.PI * i / cos.Length);
            cos[i] = T.CreateTruncating(c);
            sin[i] = T.CreateTruncating(s);
        }
    }
}

/// <summary>Recording <see cref="FourierOp{T}"/>.</summary>
public static class FourierOpRecording
{
    /// <inheritdoc cref="FourierOp{T}.Record"/>
    public static Var Fourier<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => FourierOp<T>.Record(tape, x);

    /// <inheritdoc cref="FourierOp{T}.RecordInverse"/>
    public static Var FourierInverse<T>(this Tape<T> tape, Var y) where T : unmanaged, IFloatingPointIeee754<T> => FourierOp<T>.RecordInverse(tape, y);
}
