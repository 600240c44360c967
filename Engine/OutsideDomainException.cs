namespace NativeFlow.Engine;

/// <summary>A value lies where a map is not defined. The message names the row, the column, the value and the domain.</summary>
public sealed class OutsideDomainException : ArithmeticException
{
    /// <summary>Makes the exception.</summary>
    public OutsideDomainException(string message) : base(message) { }
}
