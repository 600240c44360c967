using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Where numbers live and how they are computed. Four doors: memory, matrix products, factorisations and random numbers have
/// signatures of their own; everything else goes through <see cref="Run"/> by kernel number, so that a new op widens no interface.
/// </summary>
/// <remarks>A backend is used by one thread at a time; it may use many of its own.</remarks>
public interface IBackend<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name for reports.</summary>
    string Name { get; }

    /// <summary>Elements allocated now.</summary>
    long AllocatedElements { get; }

    /// <summary>Whether kernels run while the caller goes on, so that <see cref="Read"/> makes it wait. What a training step finds wrong is then looked at when the trainer reads anyway.</summary>
    bool IsAsynchronous => false;

    /// <summary>Makes a block of zeros that never moves.</summary>
    Slice Allocate(int elements);

    /// <summary>Gives a block back.</summary>
    void Release(Slice block);

    /// <summary>Copies out.</summary>
    void Read(Slice from, Span<T> to);

    /// <summary>Copies in.</summary>
    void Write(ReadOnlySpan<T> from, Slice to);

    /// <summary>Matrix product(s).</summary>
    void Gemm(in GemmArgs args);

    /// <summary>Factorisation or solve.</summary>
    /// <exception cref="SingularMatrixException">An inverse or solve was asked of exactly singular factors, or Cholesky met a matrix that is not positive definite.</exception>
    void Factor(in FactorArgs args);

    /// <summary>Random numbers by key and counter: the same on every backend.</summary>
    void Random(in RandomArgs args);

    /// <summary>Any other kernel.</summary>
    void Run(KernelId kernel, in KernelArgs args);

    /// <summary>One line per kernel: native here, or run by the reference.</summary>
    string Explain();
}
