using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Orthogonal vectors sample by sample: vector i of sample b is row i rows + b of a stack [count rows x D].</summary>
/// <remarks>Gram-Schmidt, each vector again until a pass leaves more than half of it (Daniel et al. 1976): orthogonal to rounding however close the vectors were. About 4 count^2 D flops a sample.</remarks>
internal static class OrthonormalRows
{
    private const int MostPasses = 5;

    /// <summary>Makes the vectors of every sample orthogonal and of the given length; vector i depends on vectors up to i alone.</summary>
    public static void Orthonormalise<T>(Tape<T> tape, Var stack, int count, double length) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Backend.Run(Kernels<T>.Orthonormalise, new KernelArgs([tape.ValueOf(stack)], [count, stack.Rows / count, stack.Cols], [length]));

    /// <summary>Takes from every vector of <paramref name="stack"/> what lies in the span of the sample's vectors in <paramref name="basis"/>, which are orthonormal.</summary>
    public static void TakeOut<T>(Tape<T> tape, Var basis, int basisCount, Var stack, int count) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Backend.Run(Kernels<T>.TakeOut, new KernelArgs([tape.ValueOf(basis), tape.ValueOf(stack)], [basisCount, count, stack.Rows / count, stack.Cols]));

    private static class Kernels<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Slice vectors; sizes count, rows, D; real length.
        public static readonly KernelId Orthonormalise = CpuKernels<T>.Define("orthonormal-rows", static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(1), d = a.Size(2);
            Span<T> v = a[0];
            for (int b = 0; b < rows; b++)
                for (int i = 0; i < a.Size(0); i++)
                {
                    Span<T> x = Row(v, i, b, rows, d);
                    // Scaled to 1 first, lest the squares overflow or vanish.
                    T most = VectorOps.MaxAbs<T>(x);
                    if (most == T.Zero) x.Clear();
                    else Divide(x, most);
                    // Nothing is left of a vector that is zero or depends on those before: the first unit vector of which something is left takes its place.
                    for (int j = 0; !MakeOrthonormal(v, i, b, rows, x) && j < d; j++)
                    {
                        x.Clear();
                        x[j] = T.One;
                    }
                }
            VectorOps.Scale(a.Real(0), v, v);
        });

        // Slices basis, vectors; sizes vectors of the basis, vectors, rows, D.
        public static readonly KernelId TakeOut = CpuKernels<T>.Define("take-out-rows", static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(2), d = a.Size(3);
            for (int b = 0; b < rows; b++)
                for (int i = 0; i < a.Size(1); i++) Project(a[0], a.Size(0), b, rows, Row(a[1], i, b, rows, d));
        });

        // False where nothing but rounding is left of x. A pass that leaves more than half of a unit vector leaves it orthogonal to rounding.
        private static bool MakeOrthonormal(Span<T> v, int count, int b, int rows, Span<T> x)
        {
            T half = T.CreateTruncating(0.5), norm = T.Sqrt(VectorOps.SumSquares<T>(x));
            for (int pass = 0; pass <= MostPasses && norm != T.Zero; pass++)
            {
                Divide(x, norm);
                if (pass > 0 && !(norm <= half)) return true;
                Project(v, count, b, rows, x);
                norm = T.Sqrt(VectorOps.SumSquares<T>(x));
            }
            return false;
        }

        // Off with the parts along the sample's first vectors.
        private static void Project(Span<T> basis, int count, int b, int rows, Span<T> x)
        {
            for (int j = 0; j < count; j++)
            {
                Span<T> q = Row(basis, j, b, rows, x.Length);
                VectorOps.AddScaled(-VectorOps.Dot<T>(q, x), q, x);
            }
        }

        // A quotient, since the reciprocal of a small number overflows.
        private static void Divide(Span<T> x, T by)
        {
            for (int i = 0; i < x.Length; i++) x[i] /= by;
        }

        private static Span<T> Row(Span<T> stack, int i, int b, int rows, int d) => stack.Slice(((i * rows) + b) * d, d);
    }
}
