using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The drivers: every length, guard cells, in place, against the reference loops.</summary>
public sealed class ElementwiseTests
{
    private const int Guard = 16;

    public static TheoryData<string> All => FunctionCases.All;

    [Theory, MemberData(nameof(All))]
    public void AllLengthsAgreeWithTheReference(string name) => FunctionCases.Dispatch(name, new Lengths());

    [Theory, MemberData(nameof(All))]
    public void RowsAgreeWithTheReference(string name) => FunctionCases.Dispatch(name, new Rows());

    [Theory, MemberData(nameof(All))]
    public void BitsDoNotDependOnThePosition(string name) => FunctionCases.Dispatch(name, new Positions());

    [Fact]
    public void WrongLengthsAreNamed()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Elementwise.Map(new float[3], new float[4], default(ExpFunction<float>)));
        Assert.Equal("Elementwise.Map: x has 3 elements, y has 4; they must be equally long.", e.Message);
        Assert.Throws<ArgumentException>(() => Elementwise.MapWithLogDerivative(new float[7], new float[7], new float[2], default(ExpFunction<float>)));
    }

    [Fact]
    public void NothingIsAllocated()
    {
        float[] x = new float[1000], y = new float[1000], logDet = new float[10];
        Elementwise.Map(x, y, new SmoothLeakyReluFunction<float>(0.3f));
        Elementwise.MapWithLogDerivative(x, y, logDet, new SmoothLeakyReluFunction<float>(0.3f));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Elementwise.Map(x, y, new SmoothLeakyReluFunction<float>(0.3f));
            Elementwise.MapWithLogDerivative(x, y, logDet, new SmoothLeakyReluFunction<float>(0.3f));
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    internal static T[] Sample<T>(int count, double from, double to, int seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Random random = new(seed);
        T[] x = new T[count];
        for (int i = 0; i < count; i++) x[i] = T.CreateTruncating(from + ((to - from) * random.NextDouble()));
        return x;
    }

    private static void Close<T>(ReadOnlySpan<T> wanted, ReadOnlySpan<T> got, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double tolerance = typeof(T) == typeof(float) ? 3e-6 : 5e-15;
        for (int i = 0; i < wanted.Length; i++)
        {
            double a = double.CreateTruncating(wanted[i]), b = double.CreateTruncating(got[i]);
            if (a == b || (double.IsNaN(a) && double.IsNaN(b))) continue;
            // Relative with a floor of one: functions cross zero inside these domains.
            Assert.True(Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)), $"{what}: element {i} of {wanted.Length} is {b}, the reference says {a}");
        }
    }

    private static T[] Guarded<T>(int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] buffer = new T[length + (2 * Guard)];
        Array.Fill(buffer, T.CreateTruncating(777));
        return buffer;
    }

    private static void GuardsIntact<T>(T[] buffer, int length, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < Guard; i++)
            Assert.True(buffer[i] == T.CreateTruncating(777) && buffer[Guard + length + i] == T.CreateTruncating(777), $"{what}: length {length} wrote outside");
    }

    private sealed class Lengths : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF single, TD twice, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            for (int n = 0; n <= 257; n++)
            {
                Check<float, TF>(single, n, from, to);
                Check<double, TD>(twice, n, from, to);
            }
        }

        private static void Check<T, TFunction>(TFunction f, int n, double from, double to)
            where T : unmanaged, IFloatingPointIeee754<T>
            where TFunction : struct, IUnaryFunction<T>
        {
            T[] x = Sample<T>(n, from, to, n), y = new T[n], wanted = new T[n], dy = Sample<T>(n, -1, 1, n + 1000);
            T[] buffer = Guarded<T>(n);
            Span<T> got = buffer.AsSpan(Guard, n);
            ReferenceElementwise.Map(x, y, f);

            Elementwise.Map(x, got, f);
            Close<T>(y, got, $"{f.Name} value");
            GuardsIntact(buffer, n, $"{f.Name} value");

            Span<T> inPlace = new T[n];
            x.CopyTo(inPlace);
            Elementwise.Map(inPlace, inPlace, f);
            Assert.True(got.SequenceEqual(inPlace), $"{f.Name}: in place differs at length {n}");

            ReferenceElementwise.Derivative(x, y, wanted, f);
            Elementwise.Derivative(x, y, got, f);
            Close<T>(wanted, got, $"{f.Name} derivative");
            GuardsIntact(buffer, n, $"{f.Name} derivative");

            ReferenceElementwise.SecondDerivative(x, y, wanted, f);
            Elementwise.SecondDerivative(x, y, got, f);
            Close<T>(wanted, got, $"{f.Name} second derivative");
            GuardsIntact(buffer, n, $"{f.Name} second derivative");

            T[] start = Sample<T>(n, -1, 1, n + 2000);
            start.CopyTo(wanted, 0);
            start.CopyTo(got);
            ReferenceElementwise.AddDerivative(x, y, dy, wanted, f);
            Elementwise.AddDerivative(x, y, dy, got, f);
            Close<T>(wanted, got, $"{f.Name} added derivative");
            GuardsIntact(buffer, n, $"{f.Name} added derivative");
        }
    }

    private sealed class Rows : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF single, TD twice, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            foreach (int columns in (int[])[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65])
            {
                Check<float, TF>(single, 3, columns, from, to);
                Check<double, TD>(twice, 3, columns, from, to);
            }
        }

        private static void Check<T, TFunction>(TFunction f, int rows, int columns, double from, double to)
            where T : unmanaged, IFloatingPointIeee754<T>
            where TFunction : struct, IUnaryFunction<T>
        {
            int n = rows * columns;
            T[] x = Sample<T>(n, from, to, n + 7), y = new T[n], d = new T[n];
            T[] logDet = Sample<T>(rows, -1, 1, 5), gotLogDet = [.. logDet], both = [.. logDet];
            T[] buffer = Guarded<T>(n), second = Guarded<T>(n);
            ReferenceElementwise.MapWithDerivatives(x, y, d, logDet, f);
            Elementwise.MapWithLogDerivative(x, buffer.AsSpan(Guard, n), gotLogDet, f);
            Close<T>(y, buffer.AsSpan(Guard, n), $"{f.Name} value by rows of {columns}");
            CloseSums<T>(logDet, gotLogDet, columns, f.Name);
            GuardsIntact(buffer, n, f.Name);
            Elementwise.MapWithDerivatives(x, buffer.AsSpan(Guard, n), second.AsSpan(Guard, n), both, f);
            Close<T>(y, buffer.AsSpan(Guard, n), $"{f.Name} value by rows of {columns}");
            Close<T>(d, second.AsSpan(Guard, n), $"{f.Name} derivative by rows of {columns}");
            Assert.True(both.AsSpan().SequenceEqual(gotLogDet), $"{f.Name}: the two flow passes disagree");
            GuardsIntact(second, n, f.Name);
        }

        private static void CloseSums<T>(T[] wanted, T[] got, int columns, string name)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            double tolerance = (typeof(T) == typeof(float) ? 2e-6 : 4e-15) * Math.Max(1, columns);
            for (int row = 0; row < wanted.Length; row++)
            {
                double a = double.CreateTruncating(wanted[row]), b = double.CreateTruncating(got[row]);
                Assert.True(a == b || Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a) / Math.Max(1, columns)), $"{name}: log-det of row {row} ({columns} columns) is {b}, the reference says {a}");
            }
        }
    }

    private sealed class Positions : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF single, TD twice, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            Check<float, TF>(single, from, to);
            Check<double, TD>(twice, from, to);
        }

        private static void Check<T, TFunction>(TFunction f, double from, double to)
            where T : unmanaged, IFloatingPointIeee754<T>
            where TFunction : struct, IUnaryFunction<T>
        {
            T[] x = Sample<T>(100, from, to, 3), whole = new T[100], part = new T[100];
            Elementwise.Map(x, whole, f);
            // Lengths 1 to 3 go through the scalar lane, longer ones through the vectors.
            for (int start = 0; start < 100; start += 3)
                Elementwise.Map(x.AsSpan(start, Math.Min(3, 100 - start)), part.AsSpan(start, Math.Min(3, 100 - start)), f);
            Assert.True(whole.AsSpan().SequenceEqual(part), $"{f.Name}: a lane of one and a vector differ");
        }
    }
}
