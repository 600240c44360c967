using System.Runtime.InteropServices;

namespace NativeFlow.Cli;

/// <summary>A native library of matrix routines, set to one thread. Missing routines are null. Matrices are row-major where the interface allows it.</summary>
/// <param name="name">As in the head of a column.</param>
/// <param name="about">Version and the kernels it chose.</param>
/// <param name="handle">Of the loaded library.</param>
internal sealed unsafe class BlasPeer(string name, string about, nint handle)
{
    public const int RowMajor = 101, NoTranspose = 111, Transpose = 112, Lower = 122, NonUnit = 131, Left = 141;

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> SGemm
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)Find(handle, "cblas_sgemm");

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void> DGemm
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)Find(handle, "cblas_dgemm");

    /// <summary>oneDNN's own interface: transposes as letters, extents of 64 bits, row-major.</summary>
    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int> DnnlGemm
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int>)Find(handle, "dnnl_sgemm");

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, float, float*, int, float*, int, float, float*, int, void> SGemv
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)Find(handle, "cblas_sgemv");

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, double, double*, int, double*, int, double, double*, int, void> DGemv
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)Find(handle, "cblas_dgemv");

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, int, float, float*, int, float*, int, void> STrsm
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, int, float, float*, int, float*, int, void>)Find(handle, "cblas_strsm");

    public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, int, double, double*, int, double*, int, void> DTrsm
        = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int, int, int, int, int, int, int, double, double*, int, double*, int, void>)Find(handle, "cblas_dtrsm");

    /// <summary>Factorisations of LAPACK work on columns: the transpose of ours, at the same cost. One signature serves both types.</summary>
    public delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, void*, int*, int*, int*, void> Getrf(bool single)
        => (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, void*, int*, int*, int*, void>)Find(handle, single ? "sgetrf_" : "dgetrf_");

    public delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, void*, int*, int*, void*, int*, int*, void> Getri(bool single)
        => (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, void*, int*, int*, void*, int*, int*, void>)Find(handle, single ? "sgetri_" : "dgetri_");

    public delegate* unmanaged[Cdecl, SuppressGCTransition]<byte*, int*, void*, int*, int*, nint, void> Potrf(bool single)
        => (delegate* unmanaged[Cdecl, SuppressGCTransition]<byte*, int*, void*, int*, int*, nint, void>)Find(handle, single ? "spotrf_" : "dpotrf_");

    public delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, void*, int*, void*, void*, int*, int*, void> Geqrf(bool single)
        => (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, void*, int*, void*, void*, int*, int*, void>)Find(handle, single ? "sgeqrf_" : "dgeqrf_");

    public delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, int*, void*, int*, void*, void*, int*, int*, void> Orgqr(bool single)
        => (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, int*, int*, void*, int*, void*, void*, int*, int*, void>)Find(handle, single ? "sorgqr_" : "dorgqr_");

    public string Name { get; } = name;

    public string About { get; } = about;

    private static void* Find(nint library, string symbol) => NativeLibrary.TryGetExport(library, symbol, out nint address) ? (void*)address : null;
}
