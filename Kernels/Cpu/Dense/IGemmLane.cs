namespace NativeFlow.Kernels;

/// <summary>The vector operations a register tile needs; one implementation per width, resolved at compile time.</summary>
internal unsafe interface IGemmLane<T, V>
    where T : unmanaged
    where V : unmanaged
{
    /// <summary>Elements in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Tallest tile of two vectors a row whose accumulators stay in registers.</summary>
    static abstract int MaxRows { get; }

    /// <summary>Columns that one <see cref="Transpose"/> takes.</summary>
    static abstract int TransposeColumns { get; }

    static abstract V Load(T* source);

    static abstract void Store(T* target, V value);

    /// <summary>A mask of the first <paramref name="columns"/> elements.</summary>
    static abstract V Mask(int columns);

    /// <summary>Reads the elements under the mask and nothing else; zeros elsewhere.</summary>
    static abstract V LoadPart(T* source, V mask);

    /// <summary>Writes the elements under the mask and nothing else.</summary>
    static abstract void StorePart(T* target, V mask, V value);

    static abstract V Broadcast(T value);

    /// <summary>left * right + add, fused where the hardware can.</summary>
    static abstract V MultiplyAdd(V left, V right, V add);

    /// <summary>target[column * step + row] = source[row * stride + column] for Count rows and TransposeColumns columns, columns ascending.</summary>
    static abstract void Transpose(T* source, nint stride, T* target, nint step);
}
