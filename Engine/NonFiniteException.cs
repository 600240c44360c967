namespace NativeFlow.Engine;

/// <summary>A NaN or infinity appeared. Training stops; nothing is replaced.</summary>
public sealed class NonFiniteException : ArithmeticException
{
    /// <summary>Names the value and the node that made it.</summary>
    public NonFiniteException(string message) : base(message) { }
}
