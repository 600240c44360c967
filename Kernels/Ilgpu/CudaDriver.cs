using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>The driver's library. ILGPU asks for it by a name that driver packages do not always install.</summary>
internal static class CudaDriver
{
    private const string Versioned = "libcuda.so.1";
    private static readonly Lock Gate = new();
    private static bool _isPrepared;

    /// <summary>Whether the library is there.</summary>
    public static bool IsInstalled
        => OperatingSystem.IsWindows() ? NativeLibrary.TryLoad(CudaAPI.LibNameWindows, out _) : NativeLibrary.TryLoad(Versioned, out _) || NativeLibrary.TryLoad("libcuda.so", out _) || IsWsl;

    // There, ILGPU knows where to look.
    private static bool IsWsl => Directory.Exists("/usr/lib/wsl/lib");

    /// <summary>Lets ILGPU find the library by the name with its version; to be called before ILGPU looks for devices.</summary>
    public static void Prepare()
    {
        lock (Gate)
        {
            if (!_isPrepared && OperatingSystem.IsLinux() && !IsWsl) NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
            _isPrepared = true;
        }
    }

    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path)
        => name == CudaAPI.LibNameLinux && NativeLibrary.TryLoad(Versioned, out nint handle) ? handle : 0;
}
