namespace NativeFlow.Engine;

/// <summary>
/// A file, option or value that the user supplied cannot be used. The message is one line: what and where, what was expected, what to do.
/// Programs print the message alone; everything else that is thrown is a fault of the program.
/// </summary>
public sealed class BadInputException : Exception
{
    /// <summary>Makes the exception; line breaks and control characters in <paramref name="message"/> become spaces.</summary>
    public BadInputException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>As the other constructor, keeping the cause for a debugger.</summary>
    public BadInputException(string message, Exception cause)
        : base(OneLine(message), cause)
    {
    }

    /// <summary>
    /// A piece of untrusted text made fit for a message: in single quotes, control characters replaced, at most 60 characters.
    /// </summary>
    public static string Quote(string text)
    {
        const int Most = 60;
        ArgumentNullException.ThrowIfNull(text);
        return "'" + OneLine(text.Length <= Most ? text : text[..Most] + "...") + "'";
    }

    private static string OneLine(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return string.Create(message.Length, message, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' ? ' ' : from[i];
            }
        });
    }
}
