using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Convolutions of many shapes, and the comparison of two backends within the rounding errors of both.</summary>
internal static class ConvolutionCases
{
    public enum Part
    {
        Forward,
        InputGradient,
        WeightGradient,
    }

    /// <summary>Few and many channels, images of all remainders, kernels of all sides, larger than the image too.</summary>
    public static IEnumerable<(ConvShape Shape, int Batch)> Cases()
    {
        foreach (int batch in new[] { 1, 3, 16, 17, 100 })
        {
            yield return (ConvShape.Same(1, 1, 9, 11, 3), batch);
            yield return (ConvShape.Same(2, 3, 5, 7, 3, circular: true), batch);
            yield return (new ConvShape(3, 2, 4, 5, 2, 2, 1, 1), batch);
            yield return (new ConvShape(3, 4, 4, 3, 2, 3, 0, 2, Circular: true), batch);
            yield return (ConvShape.Same(5, 4, 3, 2, 5), batch);
            yield return (ConvShape.Same(4, 5, 2, 3, 5, circular: true), batch);
            yield return (ConvShape.Same(16, 17, 4, 4, 1), batch);
        }

        foreach (int batch in new[] { 0, 2, 33, 130 })
        {
            yield return (ConvShape.Same(1, 2, 1, 1, 3), batch);
            yield return (ConvShape.Same(2, 1, 1, 4, 5, circular: true), batch);
            yield return (ConvShape.Same(2, 2, 1, 1, 7, circular: true), batch);
            yield return (new ConvShape(1, 1, 6, 1, 3, 1, 2, 0), batch);
        }

        yield return (ConvShape.Same(17, 16, 3, 5, 3), 20);
        yield return (ConvShape.Same(16, 16, 7, 7, 3), 19);
        yield return (ConvShape.Same(64, 64, 3, 3, 1), 5);
        yield return (ConvShape.Same(64, 5, 4, 5, 3), 6);
        yield return (ConvShape.Same(3, 64, 5, 4, 3, circular: true), 6);
        yield return (ConvShape.Same(64, 64, 3, 4, 3), 3);
        yield return (new ConvShape(70, 66, 4, 3, 2, 3, 1, 2), 2);
        yield return (ConvShape.Same(2, 130, 14, 14, 3), 3);
        yield return (ConvShape.Same(130, 2, 14, 14, 3), 3);
        yield return (ConvShape.Same(130, 129, 6, 6, 1), 3);
        yield return (ConvShape.Same(96, 40, 3, 2, 5, circular: true), 3);
        yield return (ConvShape.Same(1, 100, 2, 2, 5), 7);
    }

    /// <summary>Fails where <paramref name="backend"/> is not as <paramref name="reference"/>.</summary>
    public static void Compare<T>(IBackend<T> reference, IBackend<T> backend, Part part, in ConvShape shape, int batch, bool add) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] expected = Run(reference, part, shape, batch, add, absolute: false), scale = Run(reference, part, shape, batch, add, absolute: true), actual = Run(backend, part, shape, batch, add, absolute: false);
        T unit = T.BitIncrement(T.One) - T.One;
        int terms = part switch { Part.Forward => shape.WeightColumns, Part.InputGradient => shape.OutChannels * shape.Taps, _ => batch * shape.Pixels };
        T bound = unit * T.CreateChecked(3 + Math.Sqrt(terms));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(T.Abs(expected[i] - actual[i]) <= bound * scale[i], $"{typeof(T).Name} {part} {shape} anchor ({shape.AnchorRow}, {shape.AnchorColumn}) batch {batch} add {add}: element {i} is {actual[i]}, expected {expected[i]}");
    }

    public static T[] Run<T>(IBackend<T> backend, Part part, in ConvShape shape, int batch, bool add, bool absolute) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice x = Store(backend, Numbers<T>(1, batch * shape.InLength, absolute)), z = Store(backend, Numbers<T>(2, batch * shape.OutLength, absolute));
        Slice w = Store(backend, Numbers<T>(3, shape.WeightLength, absolute)), bias = Store(backend, Numbers<T>(4, shape.OutChannels, absolute));
        Slice result = part switch { Part.Forward => z, Part.InputGradient => x, _ => w };
        switch (part)
        {
            case Part.Forward: Convolution<T>.Forward(backend, shape, batch, x, w, add ? Slice.None : bias, z, add); break;
            case Part.InputGradient: Convolution<T>.InputGradient(backend, shape, batch, z, w, x, add); break;
            default: Convolution<T>.WeightGradient(backend, shape, batch, x, z, w, absolute ? 1.25 : -1.25, add); break;
        }

        var read = new T[result.Length];
        backend.Read(result, read);
        foreach (Slice block in new[] { x, z, w, bias }) backend.Release(block);
        return read;
    }

    public static T[] Numbers<T>(int seed, int count, bool absolute) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        var numbers = new T[count];
        for (int i = 0; i < count; i++)
        {
            double v = random.NextDouble() - 0.5;
            numbers[i] = T.CreateChecked(absolute ? Math.Abs(v) : v);
        }

        return numbers;
    }

    public static Slice Store<T>(IBackend<T> backend, T[] numbers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice block = backend.Allocate(numbers.Length);
        backend.Write(numbers, block);
        return block;
    }
}
