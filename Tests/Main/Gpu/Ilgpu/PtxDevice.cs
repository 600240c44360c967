#if ILGPU
using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Tests;

/// <summary>A device without a device: compiles each kernel to PTX as for a GPU and runs that text in <see cref="PtxMachine"/>.</summary>
internal sealed unsafe class PtxDevice<T>(int items, bool hasTensorCores = true) : IGpuDevice<T, PtxView<T>> where T : unmanaged
{
    private readonly PtxMachine _machine = new();
    private readonly PtxCompiler _compiler = new(CudaArchitecture.SM_90);
    private readonly Dictionary<Type, PtxFunction> _programs = [];
    private readonly Dictionary<int, (nint Address, int Elements)> _blocks = [];

    public string Name => $"PTX, {items} items";

    public GpuLimits Limits => new(items, 48 * 1024, 4, hasTensorCores);

    public long FreeBytes => 1L << 32;

    /// <summary>Kernels run so far.</summary>
    public IReadOnlyCollection<Type> Kernels => _programs.Keys;

    public void Allocate(int block, int elements)
    {
        nuint bytes = (nuint)(Math.Max(elements, 1) * sizeof(T));
        var address = (nint)NativeMemory.AlignedAlloc(bytes, 256);
        NativeMemory.Clear((void*)address, bytes);
        _machine.Allow(address, (long)bytes);
        _blocks.Add(block, (address, elements));
    }

    public void Release(int block)
    {
        _blocks.Remove(block, out (nint Address, int Elements) memory);
        _machine.Forbid(memory.Address);
        NativeMemory.AlignedFree((void*)memory.Address);
    }

    public void Read(int block, int offset, Span<T> to) => new Span<T>((T*)_blocks[block].Address + offset, to.Length).CopyTo(to);

    public void Write(ReadOnlySpan<T> from, int block, int offset) => from.CopyTo(new Span<T>((T*)_blocks[block].Address + offset, from.Length));

    public PtxView<T> View(int block, int offset, int length, Access access) => new((nint)((T*)_blocks[block].Address + offset), length);

    public void Launch<TKernel>(in Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, PtxView<T>>
    {
        if (!_programs.TryGetValue(typeof(TKernel), out PtxFunction? program))
            _programs.Add(typeof(TKernel), program = new PtxProgram(_compiler.Compile(typeof(TKernel))).Entry);
        var bytes = new List<byte>();
        Append(bytes, kernel);
        _machine.Run(program, (grid.X, grid.Y, grid.Z), grid.Items, CollectionsMarshal.AsSpan(bytes));
    }

    public void Synchronize()
    {
    }

    public void Dispose()
    {
        foreach ((nint address, _) in _blocks.Values) NativeMemory.AlignedFree((void*)address);
        _blocks.Clear();
        _machine.Dispose();
        _compiler.Dispose();
    }

    // As the compiler lays a kernel's fields out: each at the next multiple of its size, a view as its address and its length in 64 bits.
    private static void Append(List<byte> bytes, object value)
    {
        switch (value)
        {
            case PtxView<T> view:
                Append(bytes, 8, view.Address);
                Append(bytes, 8, view.Length);
                return;
            case float f: Append(bytes, 4, BitConverter.SingleToInt32Bits(f)); return;
            case double d: Append(bytes, 8, BitConverter.DoubleToInt64Bits(d)); return;
            case int i: Append(bytes, 4, i); return;
            case uint u: Append(bytes, 4, u); return;
            case long l: Append(bytes, 8, l); return;
            case ulong l: Append(bytes, 8, unchecked((long)l)); return;
            case byte b: Append(bytes, 1, b); return;
            case Enum e: Append(bytes, 4, Convert.ToInt32(e)); return;
        }
        FieldInfo[] fields = [.. value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(static f => f.MetadataToken)];
        // A struct without fields takes a byte.
        if (fields.Length == 0)
        {
            Append(bytes, 1, 0);
            return;
        }
        int alignment = Alignment(value.GetType());
        Pad(bytes, alignment);
        foreach (FieldInfo field in fields) Append(bytes, field.GetValue(value)!);
        Pad(bytes, alignment);
    }

    private static void Append(List<byte> bytes, int size, long value)
    {
        Pad(bytes, size);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        bytes.AddRange(eight[..size]);
    }

    private static void Pad(List<byte> bytes, int multiple)
    {
        while (bytes.Count % multiple != 0) bytes.Add(0);
    }

    private static int Alignment(Type type)
    {
        if (type == typeof(PtxView<T>)) return 8;
        if (type.IsEnum) return 4;
        if (type.IsPrimitive) return Marshal.SizeOf(type);
        return type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(static f => Alignment(f.FieldType)).DefaultIfEmpty(1).Max();
    }
}
#endif
