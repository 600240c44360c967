namespace NativeFlow.Engine;

/// <summary>An iteration ended without the accuracy it was asked for. The message names the iteration, the error left and what to change.</summary>
public sealed class NotConvergedException : ArithmeticException
{
    /// <summary>Makes the exception.</summary>
    public NotConvergedException(string message) : base(message) { }
}
