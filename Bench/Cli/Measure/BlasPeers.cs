using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Cli;

/// <summary>
/// Finds OpenBLAS, BLIS and oneDNN on the machine. Each is loaded as installed; the first two once more from a copy of the file, told by their
/// environment variable to use the widest instructions, because what they choose by themselves is often narrower.
/// </summary>
internal static unsafe partial class BlasPeers
{
    private static readonly string[] OneThreadVariables = ["OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"];

    /// <summary>Loaded libraries, and a line on each one missing.</summary>
    public static (IReadOnlyList<BlasPeer> Peers, IReadOnlyList<string> Notes) Load()
    {
        List<BlasPeer> peers = [];
        List<string> notes = [];
        foreach (string variable in OneThreadVariables) Set(variable, "1");
        (string core, string architecture) = Vector512.IsHardwareAccelerated ? ("SkylakeX", "0") : Avx2.IsSupported ? ("Haswell", "") : ("", "");
        Add(PeerNames.OpenBlas, PeerNames.OpenBlasWide, "NATIVEFLOW_OPENBLAS", "OPENBLAS_CORETYPE", core, OpenBlasAbout, ["libopenblas.so.0", "libopenblas.so", "libopenblas.dll", "libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib"]);
        Add(PeerNames.Blis, PeerNames.BlisWide, "NATIVEFLOW_BLIS", "BLIS_ARCH_TYPE", architecture, BlisAbout, ["libblis.so.4", "libblis.so.3", "libblis.so", "libblis.dylib"]);
        Add(PeerNames.OneDnn, "", "NATIVEFLOW_ONEDNN", "", "", OneDnnAbout, ["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so.1", "libdnnl.so", "libdnnl.dylib", "dnnl.dll"]);
        return (peers, notes);

        void Add(string name, string wideName, string pathVariable, string variable, string value, Func<nint, string> about, string[] files)
        {
            string? named = Environment.GetEnvironmentVariable(pathVariable);
            nint handle = 0;
            string? file = (string.IsNullOrEmpty(named) ? files : [named]).FirstOrDefault(f => NativeLibrary.TryLoad(f, out handle));
            if (file is null)
            {
                notes.Add(string.IsNullOrEmpty(named) ? $"{name}: not found ({files[0]}; {pathVariable}=FILE names one)" : $"{name}: {pathVariable}={named} cannot be loaded");
                return;
            }

            peers.Add(Describe(name, handle, about));
            if (wideName.Length == 0 || value.Length == 0) return;
            if (!OperatingSystem.IsLinux())
            {
                notes.Add($"{wideName}: left out, a second copy with {variable}={value} is loaded on Linux only");
                return;
            }

            Set(variable, value);
            if (LoadCopy(handle) is { } copy) peers.Add(Describe(wideName, copy, about, $", {variable}={value}"));
            else notes.Add($"{wideName}: a second copy could not be loaded");
            _ = UnsetEnvironment(variable);
        }
    }

    // One small product makes the library settle on its kernels while the variable is set.
    private static BlasPeer Describe(string name, nint handle, Func<nint, string> about, string how = "")
    {
        BlasPeer trial = new(name, "", handle);
        float a = 1, b = 1, c = 0;
        if (trial.SGemm is not null) trial.SGemm(BlasPeer.RowMajor, BlasPeer.NoTranspose, BlasPeer.NoTranspose, 1, 1, 1, 1, &a, 1, &b, 1, 0, &c, 1);
        else if (trial.DnnlGemm is not null) _ = trial.DnnlGemm((byte)'N', (byte)'N', 1, 1, 1, 1, &a, 1, &b, 1, 0, &c, 1);
        return new BlasPeer(name, about(handle) + how, handle);
    }

    private static string OpenBlasAbout(nint handle)
    {
        if (NativeLibrary.TryGetExport(handle, "openblas_set_num_threads", out nint set)) ((delegate* unmanaged[Cdecl]<int, void>)set)(1);
        string config = Text(handle, "openblas_get_config");
        string version = config.Length == 0 ? "OpenBLAS" : string.Join(' ', config.Split(' ').Take(2));
        return $"{version}, kernels {Text(handle, "openblas_get_corename")}";
    }

    private static string BlisAbout(nint handle)
    {
        if (NativeLibrary.TryGetExport(handle, "bli_thread_set_num_threads", out nint set)) ((delegate* unmanaged[Cdecl]<nint, void>)set)(1);
        string kernels = "unknown";
        if (NativeLibrary.TryGetExport(handle, "bli_arch_query_id", out nint query) && NativeLibrary.TryGetExport(handle, "bli_arch_string", out nint name))
            kernels = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<int, nint>)name)(((delegate* unmanaged[Cdecl]<int>)query)())) ?? "unknown";
        return $"BLIS {Text(handle, "bli_info_get_version_str")}, kernels {kernels}";
    }

    private static string OneDnnAbout(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "dnnl_version", out nint version)) return "oneDNN";
        int* v = (int*)((delegate* unmanaged[Cdecl]<nint>)version)();
        string isa = NativeLibrary.TryGetExport(handle, "dnnl_get_effective_cpu_isa", out nint get) ? $", ISA 0x{((delegate* unmanaged[Cdecl]<int>)get)():x}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"oneDNN {v[0]}.{v[1]}.{v[2]}{isa}, generates its kernels");
    }

    private static string Text(nint handle, string symbol)
        => NativeLibrary.TryGetExport(handle, symbol, out nint f) ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)f)()) ?? "" : "";

    // The loader takes a file with another name for another library.
    private static nint? LoadCopy(nint handle)
    {
        string? original = FileOf(handle);
        if (original is null) return null;
        string folder = Directory.CreateTempSubdirectory("nativeflow-peer-").FullName;
        try
        {
            string copy = Path.Combine(folder, "second-" + Path.GetFileName(original));
            File.Copy(original, copy);
            return NativeLibrary.TryLoad(copy, out nint second) ? second : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? FileOf(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "cblas_sgemm", out nint address)) return null;
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            // from-to permissions offset device inode path
            string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            string[] range = parts[0].Split('-');
            if (parts.Length == 6 && (ulong)address >= ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) && (ulong)address < ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                return parts[5].Trim();
        }

        return null;
    }

    // The runtime's own environment is a copy that native code does not see.
    private static void Set(string name, string value)
    {
        if (OperatingSystem.IsWindows()) Environment.SetEnvironmentVariable(name, value);
        else if (SetEnvironment(name, value, 1) != 0) throw new InvalidOperationException($"setenv {name} failed.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetEnvironment(string name);
}
