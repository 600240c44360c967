using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Matrices in a backend's memory and its Factor door.</summary>
internal sealed class MatrixBench<T>(IBackend<T> backend, int n) : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly List<Slice> _blocks = [];

    public Slice New(int length)
    {
        Slice block = backend.Allocate(length);
        _blocks.Add(block);
        return block;
    }

    public Slice Matrix() => New(n * n);

    public Slice Put(T[] values)
    {
        Slice block = New(values.Length);
        backend.Write(values, block);
        return block;
    }

    public T[] Read(Slice slice)
    {
        var values = new T[slice.Length];
        backend.Read(slice, values);
        return values;
    }

    public void Factor(FactorKind kind, Slice a, Slice p = default, Slice b = default, Slice r = default, int rhs = 0)
        => backend.Factor(new FactorArgs(kind, n, a, Absent(p), Absent(b), Absent(r), rhs));

    /// <summary>A function of one matrix.</summary>
    public T[] Function(FactorKind kind, T[] a)
    {
        Slice result = Matrix();
        Factor(kind, Put(a), r: result);
        return Read(result);
    }

    /// <summary>A solve with right-hand sides [n x rhs].</summary>
    public T[] Solve(FactorKind kind, T[] a, T[] b)
    {
        Slice x = Put(b);
        Factor(kind, Put(a), b: x, rhs: b.Length / n);
        return Read(x);
    }

    public void Dispose()
    {
        foreach (Slice block in _blocks) backend.Release(block);
        _blocks.Clear();
    }

    private static Slice Absent(Slice s) => s.Length == 0 ? Slice.None : s;
}
