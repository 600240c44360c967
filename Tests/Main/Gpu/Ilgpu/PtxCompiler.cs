#if ILGPU
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Kernels.Ilgpu;

namespace NativeFlow.Tests;

/// <summary>Compiles kernels to PTX, which needs no GPU.</summary>
internal sealed class PtxCompiler(CudaArchitecture architecture) : IDisposable
{
    private const int MostSharedBytes = 48 * 1024;

    private Context? _context;
    private PTXBackend? _backend;

    /// <summary>PTX of a kernel, whichever views it was made for: the same kernel over ILGPU's views.</summary>
    /// <exception cref="InternalCompilerException">ILGPU cannot compile it.</exception>
    public string Compile(Type kernel)
    {
        Type elements = kernel.GetInterfaces().First(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IKernel<,>)).GetGenericArguments()[0];
        MethodInfo entry = typeof(IlgpuKernel<>).MakeGenericType(elements).GetMethod("Run")!.MakeGenericMethod(OnDevice(kernel));
        _context ??= IlgpuDevices.Create(static _ => { });
        _backend ??= new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null);
        try
        {
            return ((PTXCompiledKernel)_backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(entry), default)).PTXAssembly;
        }
        catch
        {
            // A context is of no use after a failure.
            Dispose();
            throw;
        }
    }

    /// <summary>What is wrong with a kernel's PTX; null if nothing is.</summary>
    public string? Fault(Type kernel)
    {
        string ptx;
        try
        {
            ptx = Compile(kernel);
        }
        catch (Exception e)
        {
            var all = new List<string>();
            for (Exception? i = e; i is not null; i = i.InnerException) all.Add(i.Message);
            return string.Join(" | ", all);
        }
        // Arrays and references that the compiler could not keep in registers; calls that nothing resolves; an instruction that ILGPU gives its operands in the wrong order.
        foreach (string bad in (ReadOnlySpan<string>)[".local", ".extern .func", "copysign"])
            if (ptx.Contains(bad, StringComparison.Ordinal)) return $"contains {bad}";
        // ILGPU turns "!(a < b) ? 1 : 0", stored as a float, into the bits of the integer; no such small number is meant anywhere.
        if (Regex.IsMatch(ptx, @"0f(0000(?!0000)|FFFF)[0-9A-F]{4}\b|0d(00000000(?!00000000)|FFFFFFFF)[0-9A-F]{8}\b")) return "stores a truth value as the bits of an integer";
        int shared = Regex.Matches(ptx, @"^\s*\.shared .*\[(\d+)\];", RegexOptions.Multiline).Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        if (shared > MostSharedBytes) return $"takes {shared} bytes of shared memory";
        // Without a rounding mode the driver may join a product and a sum.
        if (Regex.Match(ptx, @"^\s*(mul|add|sub)\.f(32|64)\s.*$", RegexOptions.Multiline) is { Success: true } loose) return $"rounds as the driver likes: {loose.Value.Trim()}";
        return null;
    }

    public void Dispose()
    {
        _backend?.Dispose();
        _context?.Dispose();
        (_backend, _context) = (null, null);
    }

    private static Type OnDevice(Type type)
    {
        if (!type.IsGenericType) return type;
        Type[] arguments = type.GetGenericArguments();
        Type definition = type.GetGenericTypeDefinition();
        return (definition == typeof(EmulatedView<>) || definition == typeof(PtxView<>) ? typeof(IlgpuView<>) : definition).MakeGenericType([.. arguments.Select(OnDevice)]);
    }
}
#endif
