using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every kernel with a portable body on the emulator against the reference: lengths and shapes around what items and groups take, views that start anywhere.</summary>
[Trait("Category", "Gpu")]
public sealed class PortableKernelTests
{
    private const double Guard = 12345;

    private const int Room = 8192;

    // Rows and columns: flat ones, and around the lengths where the way of summing changes.
    private static readonly (int Rows, int Columns)[] Shapes =
    [
        .. Enumerable.Range(0, 41).Select(n => (n == 0 ? 0 : 1, n)), (1, 255), (1, 256), (1, 257),
        (0, 3), (9, 1), (11, 2), (5, 7), (2, 31), (2, 32), (2, 33), (2, 36), (2, 130),
    ];

    [Fact]
    public void SingleAgreesWithReference() => Agrees(static (items, backwards) => GpuEmulation.Single(items, backwards), 1.2e-7);

    [Fact]
    public void DoubleAgreesWithReference() => Agrees(static (items, backwards) => GpuEmulation.Double(items, backwards), 2.3e-16);

    [Fact]
    public void EveryPortableKernelHasACase()
    {
        Load();
        var cases = PortableCase.All<float>().Select(c => c.Name).ToHashSet();
        string[] portable = [.. CpuKernels<float>.All().Select(k => k.Name).Where(k => PortableKernels<float>.Find(KernelId.Of(k)) is not null)];
        Assert.Empty(portable.Except(cases));
        Assert.Empty(cases.Except(portable));
    }

    [Fact]
    public void EveryUnaryOpIsOnTheDevice()
    {
        Load();
        using var backend = GpuEmulation.Single();
        string explained = backend.Explain();
        foreach (Op<float> op in UnaryOps<float>.All)
            foreach (string kernel in op.Name.EndsWith("-derivative", StringComparison.Ordinal)
                ? (string[])[op.Name, op.Page + "-second-derivative"] : [op.Name, op.Name + "-backward"])
                Assert.Contains($"  {kernel}: device\n", explained, StringComparison.Ordinal);
    }

    [Fact]
    public void LengthsAreCompared()
    {
        using var backend = GpuEmulation.Single();
        Slice s = backend.Allocate(100);
        Load();
        Assert.Throws<ArgumentException>(() => backend.Run(KernelId.Of("exp"), new KernelArgs([s.Part(0, 3), s.Part(8, 4)], default, [0])));
        Assert.Throws<ArgumentException>(() => backend.Run(KernelId.Of("sgd"), new KernelArgs([s.Part(0, 3), s.Part(8, 4)], default, [0, 0])));
        Assert.Throws<ArgumentException>(() => backend.Run(KernelId.Of("elementwise-flow"), new KernelArgs([s.Part(0, 7), s.Part(8, 7), s.Part(16, 7), s.Part(24, 2)], [0], [0.5])));
        Assert.Throws<ArgumentException>(() => backend.Run(KernelId.Of("logit-flow"), new KernelArgs([s.Part(0, 4), s.Part(8, 4), s.Part(16, 4), s.Part(24, 2)])));
        backend.Release(s);
    }

    private static void Agrees<T, TView, TLane>(Func<int, bool, GpuBackend<T, TView, TLane>> make, double epsilon)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TView : struct, IView<T>
        where TLane : struct, ILane<TLane, T>
    {
        Load();
        using var reference = new ReferenceBackend<double>();
        using var same = new ReferenceBackend<T>();
        using GpuBackend<T, TView, TLane> few = make(8, false), back = make(8, true), many = make(16, false);
        Slice meaning = reference.Allocate(Room), sameMemory = same.Allocate(Room), fewMemory = few.Allocate(Room), backMemory = back.Allocate(Room), manyMemory = many.Allocate(Room);
        var failures = new List<string>();
        foreach (PortableCase c in PortableCase.All<T>())
            foreach ((int rows, int columns) in Shapes)
            {
                // A search takes barriers in every shape, which are slow here.
                if (c.Name == "logit-flow-outside" && rows == 1 && columns % 9 != 0) continue;
                T[][] given = Draw<T>(reference, meaning, c, rows, columns);
                // What sums and cancellation leave of the digits: a few of the last.
                T[][] got = Run(few, fewMemory, c, given, columns, 0);
                if (c.IsExact) Compare(failures, c, rows, columns, "reference", Run(same, sameMemory, c, given, columns, 0), got, 0);
                else Compare(failures, c, rows, columns, "reference", Run(reference, meaning, c, Array.ConvertAll(given, g => Array.ConvertAll(g, v => double.CreateTruncating(v))), columns, 0), got, epsilon);
                Compare(failures, c, rows, columns, "unaligned views", got, Run(few, fewMemory, c, given, columns, 1), 0);
                // Short rows take one way only.
                if (rows == 1 && columns is > 3 and < 255) continue;
                Compare(failures, c, rows, columns, "backwards", got, Run(back, backMemory, c, given, columns, 0), 0);
                Compare(failures, c, rows, columns, "larger groups, which add in another order", got, Run(many, manyMemory, c, given, columns, 3), c.IsExact ? 0 : epsilon);
            }
        Assert.True(failures.Count == 0, string.Join("\n", failures.Take(20)));
        Assert.Equal(0, few.HostCalls + back.HostCalls + many.HostCalls);
    }

    private static void Compare<TWanted, T>(List<string> failures, PortableCase c, int rows, int columns, string with, TWanted[][] wanted, T[][] got, double epsilon)
        where TWanted : unmanaged, IFloatingPointIeee754<TWanted>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < wanted.Length; k++)
        {
            double columnsSummed = c.Slices[k].Shape == PortableShape.Row ? columns : 1;
            for (int i = 0; i < wanted[k].Length; i++)
            {
                double a = double.CreateTruncating(wanted[k][i]), b = double.CreateTruncating(got[k][i]);
                if (a.Equals(b) || Math.Abs(a - b) <= 40 * epsilon * columnsSummed * Math.Max(1, Math.Abs(a))) continue;
                failures.Add($"{c.Name} {string.Join(',', c.Sizes)} [{rows} x {columns}], argument {k}, element {i}: {b:R}, not {a:R} ({with})");
                return;
            }
        }
    }

    private static T[][] Draw<T>(ReferenceBackend<double> reference, Slice memory, PortableCase c, int rows, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random((31 * rows) + columns);
        var numbers = new T[c.Slices.Length][];
        for (int k = 0; k < numbers.Length; k++)
        {
            PortableSlice s = c.Slices[k];
            numbers[k] = new T[s.Length(rows, columns)];
            for (int i = 0; i < numbers[k].Length; i++)
                numbers[k][i] = T.CreateTruncating(s.Numbers is { } these ? these[i] : s.Use == PortableUse.Out ? double.NaN : s.From + ((s.To - s.From) * random.NextDouble()));
            if (s.ValueOf is null) continue;
            Slice x = memory.Part(0, numbers[k].Length), y = memory.Part(numbers[k].Length, numbers[k].Length);
            var value = new double[numbers[k].Length];
            reference.Write(Array.ConvertAll(numbers[k - 1], v => double.CreateTruncating(v)), x);
            reference.Run(KernelId.Of(s.ValueOf), new KernelArgs([x, y], default, c.Reals));
            reference.Read(y, value);
            numbers[k] = Array.ConvertAll(value, v => T.CreateTruncating(v));
        }
        return numbers;
    }

    // All arguments in one block, each between guards and `shift` elements past a multiple of four.
    private static T[][] Run<T>(IBackend<T> backend, Slice room, PortableCase c, T[][] given, int columns, int shift) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var starts = new int[given.Length];
        int total = 4;
        for (int k = 0; k < given.Length; k++)
        {
            starts[k] = total + shift;
            total += ((given[k].Length + shift + 4) / 4 * 4) + 4;
        }
        var memory = new T[total];
        Array.Fill(memory, T.CreateTruncating(Guard));
        for (int k = 0; k < given.Length; k++) given[k].CopyTo(memory, starts[k]);
        Slice block = room.Part(0, total);
        backend.Write(memory, block);
        var slices = new Slice[given.Length];
        for (int k = 0; k < given.Length; k++) slices[k] = block.Part(starts[k], given[k].Length);
        backend.Run(KernelId.Of(c.Name), new KernelArgs(slices, Array.ConvertAll(c.Sizes, s => s < 0 ? columns : s), c.Reals));
        var after = new T[total];
        backend.Read(block, after);
        for (int k = 0; k < given.Length; k++)
            if (c.Slices[k].Use != PortableUse.In) memory.AsSpan(starts[k], given[k].Length).Clear();
        var results = new T[given.Length][];
        for (int k = 0; k < given.Length; k++)
        {
            results[k] = after[starts[k]..(starts[k] + given[k].Length)];
            if (c.Slices[k].Use != PortableUse.In) after.AsSpan(starts[k], given[k].Length).Clear();
        }
        if (!memory.AsSpan().SequenceEqual(after)) Assert.Fail($"{c.Name} wrote beside its results.");
        return results;
    }

    // Kernels are defined where their ops are first used.
    private static void Load()
    {
        Touch<float>();
        Touch<double>();
    }

    private static void Touch<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        _ = OpRegistry.All<T>();
        foreach (Type optimizer in (Type[])[typeof(Adagrad<T>), typeof(Adam<T>), typeof(Adamax<T>), typeof(RmsProp<T>), typeof(Sgd<T>)])
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(optimizer.TypeHandle);
    }
}
