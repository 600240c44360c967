namespace NativeFlow.Engine;

/// <summary>One row of a tensor file's table.</summary>
public sealed class TensorInfo
{
    internal TensorInfo(string name, string dtype, long[] shape, long begin, long end)
    {
        Name = name;
        Dtype = dtype;
        Shape = shape;
        Begin = begin;
        End = end;
        Count = 1;
        foreach (long extent in shape)
        {
            Count *= extent;
        }
    }

    /// <summary>The tensor's name, unique in the file.</summary>
    public string Name { get; }

    /// <summary>The element type as the file spells it, e.g. <c>F32</c> or <c>F64</c>.</summary>
    public string Dtype { get; }

    /// <summary>The extents, row-major; empty for a scalar.</summary>
    public long[] Shape { get; }

    /// <summary>The number of elements, the product of <see cref="Shape"/>.</summary>
    public long Count { get; }

    // Byte range inside the data section.
    internal long Begin { get; }

    internal long End { get; }

    /// <summary>For example <c>F32 [3, 4]</c>.</summary>
    public override string ToString() => $"{Dtype} [{string.Join(", ", Shape)}]";
}
