namespace NativeFlow.Kernels;

/// <summary>A factorisation met a matrix it cannot invert.</summary>
public sealed class SingularMatrixException : ArithmeticException
{
    /// <summary>Says what was asked, of which order, and at which pivot it failed.</summary>
    public SingularMatrixException(string what, int order, int pivot)
        : base($"{what}: the {order}x{order} matrix has no usable pivot in row {pivot}; the layer has become singular (check its conditioning, lower the learning rate, or re-initialise it).")
        => (Order, Pivot) = (order, pivot);

    /// <summary>Order of the matrix.</summary>
    public int Order { get; }

    /// <summary>Row of the failing pivot, from 0.</summary>
    public int Pivot { get; }
}
