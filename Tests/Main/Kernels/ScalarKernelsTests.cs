using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>On the CPU a factor that lies in memory gives the bits of one that was read and passed on.</summary>
public sealed class ScalarKernelsTests
{
    [Fact]
    public void They_are_the_operations_with_a_constant_to_the_bit()
    {
        Compare<float>(new SimdBackend<float>(1));
        Compare<float>(new ReferenceBackend<float>());
        Compare<double>(new SimdBackend<double>(1));
        Compare<double>(new ReferenceBackend<double>());
    }

    private static void Compare<T>(IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using (backend)
            foreach ((int rows, int cols) in (ReadOnlySpan<(int, int)>)[(1, 3), (7, 9), (100, 37)])
            {
                int n = rows * cols;
                Slice s = Draw(backend, 1, 1), x = Draw(backend, n, 2), y = Draw(backend, n, 3), z = Draw(backend, n, 3), w = Draw(backend, cols * cols, 4);
                var number = new T[1];
                backend.Read(s, number);
                double factor = 0.37 * double.CreateTruncating(number[0]);

                BasicKernels<T>.AddScaled(backend, x, y, factor);
                ScalarKernels<T>.AddScaled(backend, s, x, z, 0.37);
                Same("add-scaled", backend, y, z);
                BasicKernels<T>.AddTransposed(backend, x, y, rows, cols, factor);
                ScalarKernels<T>.AddTransposed(backend, s, x, z, rows, cols, 0.37);
                Same("add-transposed", backend, y, z);
                BasicKernels<T>.Scale(backend, x, y, factor);
                ScalarKernels<T>.Scale(backend, s, x, z, 0.37);
                Same("scale", backend, y, z);

                // As the self-normalizing layer's penalty joins the output's gradient.
                backend.Gemm(new GemmArgs(rows, cols, cols, x, w, y) { Alpha = factor });
                BasicKernels<T>.AddScaled(backend, x, y, 0.5);
                backend.Gemm(new GemmArgs(rows, cols, cols, x, w, z));
                ScalarKernels<T>.ScaleAndAdd(backend, s, x, z, 0.37, 0.5);
                Same("product, scaled and added to", backend, y, z);
            }
    }

    private static Slice Draw<T>(IBackend<T> backend, int length, ulong key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice slice = backend.Allocate(length);
        backend.Random(new RandomArgs(RandomKind.Gaussian, slice, key, 0));
        return slice;
    }

    private static void Same<T>(string what, IBackend<T> backend, Slice one, Slice two) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] a = new T[one.Length], b = new T[two.Length];
        backend.Read(one, a);
        backend.Read(two, b);
        Assert.True(a.AsSpan().SequenceEqual(b), $"{backend.Name}, {typeof(T).Name}: {what}");
        Assert.Contains(a, v => v != T.Zero);
    }
}
